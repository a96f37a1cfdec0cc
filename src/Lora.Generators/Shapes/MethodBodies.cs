using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>The lowered methods that the check of one class comes to, and what is known of their classes.</summary>
internal sealed class MethodBodies(LoweredMethods methods, SourceReader sources, CancellationToken cancellation)
{
    private readonly Dictionary<IMethodSymbol, HashSet<SyntaxNode>> _faults = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<INamedTypeSymbol, ClassScope> _scopes = new(SymbolEqualityComparer.Default);

    /// <summary>A method's body; null where it stands in another assembly.</summary>
    public LoweredMethod? Of(IMethodSymbol method) => methods.Of(method, cancellation);

    /// <summary>The class of static methods: it has no instance to know anything of.</summary>
    public ClassScope StaticScope(INamedTypeSymbol type)
    {
        if (!_scopes.TryGetValue(type, out ClassScope? scope))
        {
            _scopes[type] = scope = ClassScope.Of(type, sources, cancellation);
        }

        return scope;
    }

    /// <summary>Whether a call in a method is wrong whatever the method is given.</summary>
    public bool HasOwnFault(LoweredMethod method, SyntaxNode site)
    {
        if (!_faults.TryGetValue(method.Symbol, out HashSet<SyntaxNode>? faults))
        {
            _faults[method.Symbol] = faults = [];
            new ShapeWalker(this, mismatch => faults.Add(mismatch.Site), cancellation).Walk(method, StaticScope(method.Symbol.ContainingType.OriginalDefinition));
        }

        return faults.Contains(site);
    }
}
