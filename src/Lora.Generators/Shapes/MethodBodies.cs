using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>A lowered method, and what its calls were in the user's code.</summary>
internal sealed record LoweredMethod(IMethodSymbol Symbol, MethodIr Ir, CallOrigins Origins);

/// <summary>The lowered methods of one compilation, each lowered once.</summary>
internal sealed class MethodBodies(SourceReader sources, CancellationToken cancellation)
{
    private readonly Dictionary<IMethodSymbol, LoweredMethod?> _lowered = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<IMethodSymbol, HashSet<SyntaxNode>> _faults = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<INamedTypeSymbol, ClassScope> _scopes = new(SymbolEqualityComparer.Default);

    /// <summary>A method's body; null where it stands in another assembly.</summary>
    public LoweredMethod? Of(IMethodSymbol method)
    {
        if (_lowered.TryGetValue(method, out LoweredMethod? lowered))
        {
            return lowered;
        }

        IMethodSymbol body = method.PartialImplementationPart ?? method;
        if (body.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellation) is { } declaration && sources.Contains(declaration.SyntaxTree))
        {
            var origins = new CallOrigins();
            lowered = new LoweredMethod(method, BodyLowering.Lower(sources, body, declaration, NullSink.Instance, cancellation, origins), origins);
        }

        return _lowered[method] = lowered;
    }

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
