using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>
/// Looks for what shows that two independent dimensions may be equal: the class compares them, or an instance is made with values for which
/// they are. It is asked only where they would be a fault otherwise, since it reads the whole program.
/// </summary>
internal sealed class EqualityEvidence(ClassScope scope, SourceReader sources, CancellationToken cancellation)
{
    public bool MayFit(Mismatch mismatch)
    {
        Polynomial a = mismatch.Left.Value!;
        Polynomial b = mismatch.Right.Value!;
        return AreCompared(a, b) || IsMadeEqual(a, b, mismatch.MayBroadcast) || AreRelatedProperties(a, b);
    }

    // if (dim != hidden) throw …, ThrowIfNotEqual(dim, hidden), dim == 64 ? … : …
    private bool AreCompared(Polynomial a, Polynomial b) => scope.Type.DeclaringSyntaxReferences
        .SelectMany(part => part.GetSyntax(cancellation).DescendantNodes())
        .Select(Compared)
        .Any(pair => pair is var (left, right) && ((Touches(left, a) && Touches(right, b)) || (Touches(left, b) && Touches(right, a))));

    private (Polynomial Left, Polynomial Right)? Compared(SyntaxNode node)
    {
        IEnumerable<IOperation> sides = node switch
        {
            BinaryExpressionSyntax { RawKind: (int)SyntaxKind.EqualsExpression or (int)SyntaxKind.NotEqualsExpression } => scope.Definitions.Operation(node) is IBinaryOperation binary
                ? [binary.LeftOperand, binary.RightOperand] : [],
            InvocationExpressionSyntax call when call.ToString().Contains("Equal") => scope.Definitions.Operation(node) is IInvocationOperation invocation
                ? invocation.Arguments.Take(2).Select(argument => argument.Value) : [],
            _ => [],
        };
        Polynomial?[] values = [.. sides.Select(side => (scope.Evaluate(side) as Number)?.Value)];
        return values is [{ } left, { } right] ? (left, right) : null;
    }

    private static bool Touches(Polynomial compared, Polynomial dimension) =>
        compared.Constant is not null ? compared.Equals(dimension) : compared.Symbols.Intersect(dimension.Symbols).Any();

    // new Model(64, 64)
    private bool IsMadeEqual(Polynomial a, Polynomial b, bool mayBroadcast)
    {
        foreach (SyntaxTree tree in sources.Compilation.SyntaxTrees)
        {
            cancellation.ThrowIfCancellationRequested();
            SyntaxNode root = tree.GetRoot(cancellation);
            if (!root.DescendantTokens().Any(token => token.IsKind(SyntaxKind.IdentifierToken) && token.ValueText == scope.Type.Name))
            {
                continue;
            }

            SemanticModel model = sources.Model(tree);
            foreach (BaseObjectCreationExpressionSyntax made in root.DescendantNodes().OfType<BaseObjectCreationExpressionSyntax>())
            {
                if (model.GetOperation(made, cancellation) is IObjectCreationOperation { Constructor: { } constructor } creation
                    && SymbolEqualityComparer.Default.Equals(constructor.ContainingType.OriginalDefinition, scope.Type) && IsEqual(creation, a, b, mayBroadcast))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsEqual(IObjectCreationOperation creation, Polynomial a, Polynomial b, bool mayBroadcast)
    {
        Polynomial? ValueOf(string name) => creation.Arguments.FirstOrDefault(argument => argument.Parameter?.Name == name)?.Value is not { } value ? null
            : value.ConstantValue is { HasValue: true, Value: int constant } ? Polynomial.Of(constant)
            : Polynomial.Of(new Symbol("= " + Lines.Collapse(value.Syntax.ToString())));

        Polynomial? left = a.Substitute(ValueOf);
        Polynomial? right = b.Substitute(ValueOf);
        return left is not null && right is not null && (left.Equals(right) || (mayBroadcast && (left.Constant == 1 || right.Constant == 1)));
    }

    // Properties of a configuration that are compared, set to each other or given one value anywhere.
    private bool AreRelatedProperties(Polynomial a, Polynomial b)
    {
        string[] names = [.. a.Symbols.Concat(b.Symbols).Select(symbol => symbol.Name).Where(name => name.Contains('.')).Select(name => name.Substring(name.LastIndexOf('.') + 1)).Distinct()];
        return names.Length >= 2 && sources.Compilation.SyntaxTrees.Any(tree => tree.GetRoot(cancellation).DescendantNodes().Any(node => node switch
        {
            BinaryExpressionSyntax { RawKind: (int)SyntaxKind.EqualsExpression or (int)SyntaxKind.NotEqualsExpression } => NamesAll(node),
            AssignmentExpressionSyntax or PropertyDeclarationSyntax => NamesAll(node),
            InitializerExpressionSyntax initializer => names.Select(name => initializer.Expressions.OfType<AssignmentExpressionSyntax>()
                .FirstOrDefault(assignment => assignment.Left.ToString() == name)?.Right.ToString()).Distinct().ToArray() is [not null],
            _ => false,
        }));

        bool NamesAll(SyntaxNode node) => names.All(name => node.DescendantTokens().Any(token => token.IsKind(SyntaxKind.IdentifierToken) && token.ValueText == name));
    }
}
