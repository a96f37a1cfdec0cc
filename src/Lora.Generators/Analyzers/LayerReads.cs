using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators;

/// <summary>
/// Finds which marked layers of a class the bodies of <c>[Differentiable]</c> methods come to: by their names, and through methods, properties and
/// fields on the way. In doubt a layer counts as read.
/// </summary>
internal sealed class LayerReads(INamedTypeSymbol type, Compilation compilation, CancellationToken cancellation)
{
    private readonly HashSet<ISymbol> _reached = new(SymbolEqualityComparer.Default);
    private readonly Queue<ISymbol> _open = new();

    public void ReportUnread(IDiagnosticSink sink)
    {
        ISymbol[] adapted = [.. GeneratedNames.OwnMembers(type).Where(IsAdapted)];
        if (adapted.Length == 0)
        {
            return;
        }

        foreach (IMethodSymbol method in Types(type).SelectMany(ModelParser.DifferentiableMethods))
        {
            Reach(method);
        }

        while (_open.Count > 0)
        {
            Follow(_open.Dequeue());
        }

        ISymbol[] unread = [.. adapted.Where(member => !_reached.Contains(member))];
        foreach (ISymbol member in unread.Except(ReadElsewhere(unread), SymbolEqualityComparer.Default).OfType<ISymbol>())
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
            Read(reference.GetSyntax(cancellation));
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

    private IEnumerable<SyntaxNode> Declarations() => type.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax(cancellation));

    private void Read(SyntaxNode code)
    {
        if (!compilation.ContainsSyntaxTree(code.SyntaxTree))
        {
            return;
        }

        foreach (IdentifierNameSyntax name in code.DescendantNodesAndSelf(node => !IsNameOf(node)).OfType<IdentifierNameSyntax>())
        {
            if (SymbolOf(name) is { } symbol and (IFieldSymbol or IPropertySymbol or IMethodSymbol) && IsOfThisClass(symbol))
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
        return compilation.SyntaxTrees
            .SelectMany(tree => Names(tree.GetRoot(cancellation), names))
            .Where(name => !name.Ancestors().Any(own.Contains))
            .Select(SymbolOf).OfType<ISymbol>();
    }

    private static IEnumerable<IdentifierNameSyntax> Names(SyntaxNode code, string[] names) =>
        code.DescendantNodes(node => !IsNameOf(node)).OfType<IdentifierNameSyntax>().Where(name => names.Contains(name.Identifier.ValueText));

#pragma warning disable RS1030 // The parts of a class, and what reads it, may stand in other files.
    private ISymbol? SymbolOf(IdentifierNameSyntax name) =>
        compilation.GetSemanticModel(name.SyntaxTree).GetSymbolInfo(name, cancellation).Symbol?.OriginalDefinition;
#pragma warning restore RS1030
}
