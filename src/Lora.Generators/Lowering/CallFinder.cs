using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>Finds whether a method can come to another one, through bodies in this compilation.</summary>
internal sealed class CallFinder(SourceReader sources, CancellationToken cancellation)
{
    // What each method calls is read once for a compilation.
    private static readonly ConditionalWeakTable<Compilation, ConcurrentDictionary<ISymbol, ImmutableArray<IMethodSymbol>>> _callees = new();

    private readonly HashSet<ISymbol> _visited = new(SymbolEqualityComparer.Default);

    public bool Reaches(IMethodSymbol from, Func<IMethodSymbol, bool> isSought)
    {
        cancellation.ThrowIfCancellationRequested();
        return isSought(from) || (_visited.Add(from) && Callees(from).Any(callee => Reaches(callee, isSought)));
    }

    private ImmutableArray<IMethodSymbol> Callees(IMethodSymbol method)
    {
        ConcurrentDictionary<ISymbol, ImmutableArray<IMethodSymbol>> known = _callees.GetValue(sources.Compilation, static _ => new(SymbolEqualityComparer.Default));
        foreach (SyntaxReference reference in BodiesOf(method))
        {
            sources.Note(reference.SyntaxTree);
        }

        if (!known.TryGetValue(method, out ImmutableArray<IMethodSymbol> callees))
        {
            known[method] = callees = [.. FindCallees(method)];
        }

        return callees;
    }

    private IEnumerable<SyntaxReference> BodiesOf(IMethodSymbol method) =>
        (method.PartialImplementationPart ?? method).DeclaringSyntaxReferences.Where(reference => sources.Contains(reference.SyntaxTree));

    private IEnumerable<IMethodSymbol> FindCallees(IMethodSymbol method)
    {
        foreach (SyntaxReference reference in BodiesOf(method))
        {
            SyntaxNode body = reference.GetSyntax(cancellation);
            SemanticModel model = sources.Model(body.SyntaxTree);
            foreach (InvocationExpressionSyntax call in body.DescendantNodes().OfType<InvocationExpressionSyntax>())
            {
                // Bound with the whole body; asking for the symbol alone would look for extensions of each name.
                if (model.GetOperation(call, cancellation) is IInvocationOperation { TargetMethod: var callee } && !callee.OriginalDefinition.Has(KnownNames.NoDerivative))
                {
                    yield return (callee.ReducedFrom ?? callee).OriginalDefinition;
                }
            }
        }
    }
}
