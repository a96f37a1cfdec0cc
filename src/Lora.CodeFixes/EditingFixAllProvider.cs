using Microsoft.CodeAnalysis.CodeActions;

namespace Lora.CodeFixes;

/// <summary>Mends every diagnostic of a document, project or solution in one edit.</summary>
internal sealed class EditingFixAllProvider : FixAllProvider
{
    public static readonly EditingFixAllProvider Instance = new();

    public override async Task<CodeAction?> GetFixAsync(FixAllContext fixAllContext)
    {
        var fix = (EditingCodeFix)fixAllContext.CodeFixProvider;
        ImmutableArray<Diagnostic> diagnostics = fixAllContext.Scope switch
        {
            FixAllScope.Document when fixAllContext.Document is { } document => await fixAllContext.GetDocumentDiagnosticsAsync(document).ConfigureAwait(false),
            FixAllScope.Solution => await AllAsync(fixAllContext).ConfigureAwait(false),
            _ => await fixAllContext.GetAllDiagnosticsAsync(fixAllContext.Project).ConfigureAwait(false),
        };
        return CodeAction.Create(
            "Fix all", cancellation => fix.FixAsync(fixAllContext.Solution, diagnostics, cancellation), fixAllContext.CodeActionEquivalenceKey);
    }

    private static async Task<ImmutableArray<Diagnostic>> AllAsync(FixAllContext context)
    {
        ImmutableArray<Diagnostic> all = [];
        foreach (Project project in context.Solution.Projects)
        {
            all = all.AddRange(await context.GetAllDiagnosticsAsync(project).ConfigureAwait(false));
        }

        return all;
    }
}
