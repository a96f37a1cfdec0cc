using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Lora.Generators;

/// <summary>
/// Reports dimensions that cannot match in the <c>[Differentiable]</c> methods of a class, and ranks that do not suit the dimensions of
/// their layers: only what is certain from the text of the program.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ShapeAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.RankTooLarge, Descriptors.RankSavesNothing, Descriptors.ShapeMismatch];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            LoweredMethods methods = LoweredMethods.Of(start.Compilation);
            start.RegisterSymbolAction(symbol => Analyze(symbol, methods), SymbolKind.NamedType);
        });
    }

    private static void Analyze(SymbolAnalysisContext context, LoweredMethods methods)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!type.DeclaresModel())
        {
            return;
        }

        var sources = new SourceReader(context.Compilation);
        ClassScope scope = ClassScope.Of(type, sources, context.CancellationToken);
        RankCheck.Verify(scope, context.ReportDiagnostic);
        var bodies = new MethodBodies(methods, sources, context.CancellationToken);
        var evidence = new EqualityEvidence(scope, sources, context.CancellationToken);
        var seen = new HashSet<SyntaxNode>();
        foreach (IMethodSymbol method in ModelParser.DifferentiableMethods(type))
        {
            if (bodies.Of(method) is { Ir.Body: not null } lowered)
            {
                new ShapeWalker(bodies, mismatch => Report(mismatch), context.CancellationToken).Walk(lowered, scope);
            }
        }

        void Report(Mismatch mismatch)
        {
            bool isOwn = type.DeclaringSyntaxReferences.Any(part => part.SyntaxTree == mismatch.Site.SyntaxTree && part.Span.Contains(mismatch.Site.Span));
            if (isOwn && !seen.Contains(mismatch.Site) && (mismatch.Relation == Relation.Different || !evidence.MayFit(mismatch)))
            {
                seen.Add(mismatch.Site);
                context.ReportDiagnostic(Diagnostic.Create(
                    Descriptors.ShapeMismatch, mismatch.Site.GetLocation(), Quoted(mismatch.Site), Side(mismatch.Left, mismatch.FromEnd), Side(mismatch.Right, mismatch.FromEnd)));
            }
        }
    }

    private static string Quoted(SyntaxNode node)
    {
        string text = Lines.Collapse(node.ToString());
        return text.Length > 60 ? text.Substring(0, 60) + "…" : text;
    }

    private static string Side(Dimension dimension, int fromEnd) =>
        string.Format(CultureInfo.InvariantCulture, "{0} [.., {1}{2}]", dimension.Origin, dimension.Text, string.Concat(Enumerable.Repeat(", _", fromEnd)));
}
