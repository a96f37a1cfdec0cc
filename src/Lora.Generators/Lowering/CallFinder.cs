using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators;

/// <summary>Finds whether a method can come to another one, through bodies in this compilation.</summary>
internal sealed class CallFinder(Compilation compilation, CancellationToken cancellation)
{
    private readonly HashSet<ISymbol> _visited = new(SymbolEqualityComparer.Default);

    public bool Reaches(IMethodSymbol from, Func<IMethodSymbol, bool> isSought)
    {
        cancellation.ThrowIfCancellationRequested();
        if (isSought(from))
        {
            return true;
        }

        if (!_visited.Add(from))
        {
            return false;
        }

        foreach (SyntaxReference reference in (from.PartialImplementationPart ?? from).DeclaringSyntaxReferences)
        {
            SyntaxNode body = reference.GetSyntax(cancellation);
            if (!compilation.ContainsSyntaxTree(body.SyntaxTree))
            {
                continue;
            }

#pragma warning disable RS1030 // The body of a callee may stand in another file; it is read for method calls alone.
            SemanticModel model = compilation.GetSemanticModel(body.SyntaxTree);
#pragma warning restore RS1030
            foreach (InvocationExpressionSyntax call in body.DescendantNodes().OfType<InvocationExpressionSyntax>())
            {
                if (model.GetSymbolInfo(call, cancellation).Symbol is IMethodSymbol callee
                    && !callee.OriginalDefinition.Has(KnownNames.NoDerivative)
                    && Reaches(callee.OriginalDefinition, isSought))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
