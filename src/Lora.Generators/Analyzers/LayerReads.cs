using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators;

/// <summary>
/// Finds which marked layers of a class the bodies of <c>[Differentiable]</c> methods come to: by their names, and through methods, properties and
/// fields on the way. In doubt a layer counts as read.
/// </summary>
internal sealed class LayerReads(INamedTypeSymbol type, SourceReader sources, CancellationToken cancellation)
{
    // Only what has the name of a member is bound.
    private readonly HashSet<string> _names = [.. Types(type).SelectMany(GeneratedNames.OwnMembers).Select(member => member.Name)];
    private readonly HashSet<ISymbol> _reached = new(SymbolEqualityComparer.Default);
    private readonly Queue<ISymbol> _open = new();

    public void ReportUnread(IDiagnosticSink sink)
    {
        HashSet<ISymbol> unread = new(GeneratedNames.OwnMembers(type).Where(IsAdapted), SymbolEqualityComparer.Default);
        if (unread.Count == 0)
        {
            return;
        }

        foreach (IMethodSymbol method in Types(type).SelectMany(ModelParser.DifferentiableMethods))
        {
            Reach(method);
        }

        while (_open.Count > 0 && unread.Count > 0)
        {
            Follow(_open.Dequeue());
            unread.ExceptWith(_reached);
        }

        foreach (ISymbol member in unread.Except(ReadElsewhere([.. unread]), SymbolEqualityComparer.Default).OfType<ISymbol>().OrderBy(member => member.Locations[0].SourceSpan.Start))
        {
            sink.Report(Descriptors.NeverRead, member.Locations[0], member.Name);
        }
    }

    private static bool IsAdapted(ISymbol member) =>
        member.Has(KnownNames.Lora) && !member.IsStatic
        && member switch
        {
            IFieldSymbol field => field.Type.IsAdaptable(),
            IPropertySymbol property => property.Type.IsAdaptable() && MemberParser.IsStored(property),
            _ => false,
        };

    private static IEnumerable<INamedTypeSymbol> Types(INamedTypeSymbol type) => type.GetTypeMembers().SelectMany(Types).Prepend(type);

    private void Reach(ISymbol symbol)
    {
        if (_reached.Add(symbol))
        {
            _open.Enqueue(symbol);
        }
    }

    private void Follow(ISymbol symbol)
    {
        cancellation.ThrowIfCancellationRequested();
        ISymbol declared = symbol is IMethodSymbol { PartialImplementationPart: { } body } ? body : symbol;
        foreach (SyntaxReference reference in declared.DeclaringSyntaxReferences)
        {
            if (!reference.SyntaxTree.IsGenerated())
            {
                Read(reference.GetSyntax(cancellation));
            }
        }

        // What a collection or another field holds is in the statements that name it.
        if (symbol is IFieldSymbol or IPropertySymbol && !IsAdapted(symbol))
        {
            foreach (SyntaxNode use in Declarations().SelectMany(declaration => Names(declaration, [symbol.Name])).Where(name => SymbolEqualityComparer.Default.Equals(SymbolOf(name), symbol)))
            {
                Read(use.AncestorsAndSelf().TakeWhile(node => node is not (MemberDeclarationSyntax or BlockSyntax { Parent: MemberDeclarationSyntax })).Last());
            }
        }
    }

    // What the generator wrote reads every layer.
    private IEnumerable<SyntaxNode> Declarations() => type.DeclaringSyntaxReferences.Where(part => !part.SyntaxTree.IsGenerated()).Select(part => part.GetSyntax(cancellation));

    private void Read(SyntaxNode code)
    {
        if (!sources.Contains(code.SyntaxTree))
        {
            return;
        }

        foreach (IdentifierNameSyntax name in code.DescendantNodesAndSelf(node => !IsNameOf(node)).OfType<IdentifierNameSyntax>())
        {
            if (_names.Contains(name.Identifier.ValueText) && SymbolOf(name) is { } symbol and (IFieldSymbol or IPropertySymbol or IMethodSymbol) && IsOfThisClass(symbol))
            {
                Reach(symbol);
            }
        }
    }

    private bool IsOfThisClass(ISymbol symbol)
    {
        for (INamedTypeSymbol? current = symbol.ContainingType?.OriginalDefinition; current is not null; current = current.ContainingType)
        {
            if (SymbolEqualityComparer.Default.Equals(current, type))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNameOf(SyntaxNode node) => node is InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" } };

    // A layer that other classes can see may be read by their methods.
    private IEnumerable<ISymbol> ReadElsewhere(ISymbol[] members)
    {
        string[] names = [.. members.Where(member => member.DeclaredAccessibility != Accessibility.Private).Select(member => member.Name)];
        if (names.Length == 0)
        {
            return [];
        }

        HashSet<SyntaxNode> own = [.. Declarations()];
        return sources.Compilation.SyntaxTrees.Where(tree => !tree.IsGenerated())
            .SelectMany(tree => Names(tree.GetRoot(cancellation), names))
            .Where(name => !name.Ancestors().Any(own.Contains))
            .Select(SymbolOf).OfType<ISymbol>();
    }

    private static IEnumerable<IdentifierNameSyntax> Names(SyntaxNode code, string[] names) =>
        code.DescendantNodes(node => !IsNameOf(node)).OfType<IdentifierNameSyntax>().Where(name => names.Contains(name.Identifier.ValueText));

    private ISymbol? SymbolOf(IdentifierNameSyntax name) => sources.Model(name.SyntaxTree).GetSymbolInfo(name, cancellation).Symbol?.OriginalDefinition;
}
