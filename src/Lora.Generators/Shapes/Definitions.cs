using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>Where a field, property or local gets its value.</summary>
/// <param name="Value">What it gets; null where that cannot be said.</param>
/// <param name="Constructor">The constructor that the assignment stands in; null for an initialiser, or another method.</param>
/// <param name="IsItem">Whether the value becomes one item of the collection.</param>
/// <param name="IsConditional">Whether the assignment may be passed over, or happen later.</param>
internal sealed record Definition(IOperation? Value, IMethodSymbol? Constructor, bool IsItem, bool IsConditional);

/// <summary>Finds the definitions of the members and locals of one class, in all its files.</summary>
internal sealed class Definitions(INamedTypeSymbol type, SourceReader sources, CancellationToken cancellation)
{
    private readonly Dictionary<ISymbol, List<Definition>> _found = new(SymbolEqualityComparer.Default);
    private ILookup<string, (SyntaxNode Target, SyntaxNode Site)>? _writes;

    /// <summary>Every definition of a member of the class, of a local in it or of a parameter of it.</summary>
    public List<Definition> Of(ISymbol symbol)
    {
        if (!_found.TryGetValue(symbol, out List<Definition>? definitions))
        {
            _found[symbol] = definitions = [.. Initializers(symbol), .. Writes(symbol)];
        }

        return definitions;
    }

    /// <summary>The operation of a node of the class.</summary>
    public IOperation? Operation(SyntaxNode node) => Model(node).GetOperation(node, cancellation);

    private IEnumerable<Definition> Initializers(ISymbol symbol)
    {
        foreach (SyntaxReference reference in symbol.DeclaringSyntaxReferences)
        {
            SyntaxNode declaration = reference.GetSyntax(cancellation);
            EqualsValueClauseSyntax? initializer = declaration switch
            {
                VariableDeclaratorSyntax variable => variable.Initializer,
                PropertyDeclarationSyntax property => property.Initializer,
                _ => null,
            };
            if (initializer is not null)
            {
                IOperation? value = Operation(initializer) is ISymbolInitializerOperation { Value: var initial } ? initial : null;
                yield return new Definition(value, null, IsItem: false, IsConditional: false);
            }
            else if (declaration is PropertyDeclarationSyntax { ExpressionBody: { } computed })
            {
                yield return new Definition(Operation(computed.Expression), null, IsItem: false, IsConditional: false);
            }
        }
    }

    private IEnumerable<Definition> Writes(ISymbol symbol)
    {
        _writes ??= FindWrites().ToLookup(write => write.Name, write => (write.Target, write.Site));
        foreach ((SyntaxNode target, SyntaxNode site) in _writes[symbol.Name])
        {
            SyntaxNode owner = target is ElementAccessExpressionSyntax element ? element.Expression : target;
            if (!SymbolEqualityComparer.Default.Equals(Model(owner).GetSymbolInfo(owner, cancellation).Symbol?.OriginalDefinition, symbol.OriginalDefinition))
            {
                continue;
            }

            bool isItem = target != owner || site is InvocationExpressionSyntax;
            yield return new Definition(ValueOf(site), ConstructorOf(site, out bool isConditional), isItem, isConditional);
        }
    }

    private IOperation? ValueOf(SyntaxNode site) => Operation(site) switch
    {
        ISimpleAssignmentOperation assignment => assignment.Value,
        IInvocationOperation { TargetMethod.Name: "Add", Arguments: [var item] } => item.Value,
        _ => null,
    };

    private IMethodSymbol? ConstructorOf(SyntaxNode site, out bool isConditional)
    {
        isConditional = false;
        for (SyntaxNode? node = site.Parent; node is not null; node = node.Parent)
        {
            switch (node)
            {
                case ConstructorDeclarationSyntax constructor:
                    return Model(node).GetDeclaredSymbol(constructor, cancellation);
                case ExpressionStatementSyntax or BlockSyntax or ArrowExpressionClauseSyntax:
                    break;
                case MemberDeclarationSyntax:
                    isConditional = true;
                    return null;
                default:
                    isConditional = true;
                    break;
            }
        }

        return null;
    }

    // Whatever may change something: by the name of what is changed, so that only those asked for are bound.
    private IEnumerable<(string Name, SyntaxNode Target, SyntaxNode Site)> FindWrites()
    {
        foreach (SyntaxReference part in type.DeclaringSyntaxReferences)
        {
            sources.Note(part.SyntaxTree);
            foreach (SyntaxNode node in part.GetSyntax(cancellation).DescendantNodes())
            {
                IEnumerable<ExpressionSyntax> targets = node switch
                {
                    AssignmentExpressionSyntax { Left: TupleExpressionSyntax tuple } => tuple.Arguments.Select(argument => argument.Expression),
                    AssignmentExpressionSyntax assignment => [assignment.Left],
                    PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PreIncrementExpression or (int)SyntaxKind.PreDecrementExpression } step => [step.Operand],
                    PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PostIncrementExpression or (int)SyntaxKind.PostDecrementExpression } step => [step.Operand],
                    ArgumentSyntax { RefKindKeyword.RawKind: (int)SyntaxKind.RefKeyword or (int)SyntaxKind.OutKeyword } argument => [argument.Expression],
                    InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Add" or "AddRange" or "Insert" or "InsertRange" } access } => [access.Expression],
                    _ => [],
                };
                foreach (ExpressionSyntax target in targets)
                {
                    if (NameOf(target) is { } name)
                    {
                        yield return (name, target, node);
                    }
                }
            }
        }
    }

    private static string? NameOf(ExpressionSyntax target) => target switch
    {
        IdentifierNameSyntax name => name.Identifier.ValueText,
        MemberAccessExpressionSyntax access => access.Name.Identifier.ValueText,
        ElementAccessExpressionSyntax element => NameOf(element.Expression),
        _ => null,
    };

    private SemanticModel Model(SyntaxNode node) => sources.Model(node.SyntaxTree);
}
