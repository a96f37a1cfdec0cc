using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>A lowered method, what its calls were in the user's code, and what is wrong in it.</summary>
internal sealed record LoweredMethod(IMethodSymbol Symbol, MethodIr Ir, CallOrigins Origins, FaultList Faults);

/// <summary>
/// The lowered methods of one compilation, each lowered once for all analyzers that run together. It lives as long as one of them holds it.
/// </summary>
internal sealed class LoweredMethods
{
    private static readonly ConditionalWeakTable<Compilation, WeakReference<LoweredMethods>> _shared = new();

    private readonly Compilation _compilation;
    private readonly ConcurrentDictionary<IMethodSymbol, LoweredMethod?> _lowered = new(SymbolEqualityComparer.Default);

    private LoweredMethods(Compilation compilation) => _compilation = compilation;

    /// <summary>Those of a compilation, for analyzers to hold while they run.</summary>
    public static LoweredMethods Of(Compilation compilation)
    {
        WeakReference<LoweredMethods> shared = _shared.GetValue(compilation, static asked => new WeakReference<LoweredMethods>(new LoweredMethods(asked)));
        lock (shared)
        {
            if (!shared.TryGetTarget(out LoweredMethods? methods))
            {
                shared.SetTarget(methods = new LoweredMethods(compilation));
            }

            return methods;
        }
    }

    /// <summary>A method's body; null where it stands in another assembly, or has none.</summary>
    public LoweredMethod? Of(IMethodSymbol method, CancellationToken cancellation)
    {
        if (!_lowered.TryGetValue(method, out LoweredMethod? lowered))
        {
            _lowered[method] = lowered = Lower(method, cancellation);
        }

        return lowered;
    }

    private LoweredMethod? Lower(IMethodSymbol method, CancellationToken cancellation)
    {
        IMethodSymbol body = method.PartialImplementationPart ?? method;
        if (body.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellation) is not { } declaration || !_compilation.ContainsSyntaxTree(declaration.SyntaxTree))
        {
            return null;
        }

        var origins = new CallOrigins();
        var faults = new FaultList();
        return new LoweredMethod(method, BodyLowering.Lower(new SourceReader(_compilation), body, declaration, faults, cancellation, origins), origins, faults);
    }
}
