using Microsoft.CodeAnalysis.CodeActions;

namespace Lora.CodeFixes;

/// <summary>A code fix that edits a solution, so that the edits of any number of diagnostics can be made together.</summary>
public abstract class EditingCodeFix : CodeFixProvider
{
    /// <inheritdoc/>
    public sealed override FixAllProvider GetFixAllProvider() => EditingFixAllProvider.Instance;

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
            if (root is not null && TitleOf(diagnostic, NodeOf(root, diagnostic)) is { } title)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(title, cancellation => FixAsync(context.Document.Project.Solution, [diagnostic], cancellation), GetType().Name), diagnostic);
            }
        }
    }

    internal async Task<Solution> FixAsync(Solution solution, IEnumerable<Diagnostic> diagnostics, CancellationToken cancellation)
    {
        var editor = new SolutionEditor(solution);
        foreach (Diagnostic diagnostic in diagnostics)
        {
            if (solution.GetDocument(diagnostic.Location.SourceTree) is { } document)
            {
                DocumentEditor edited = await editor.GetDocumentEditorAsync(document.Id, cancellation).ConfigureAwait(false);
                SyntaxNode node = NodeOf(edited.OriginalRoot, diagnostic);
                if (TitleOf(diagnostic, node) is not null)
                {
                    await EditAsync(editor, edited, node, diagnostic, cancellation).ConfigureAwait(false);
                }
            }
        }

        return editor.GetChangedSolution();
    }

    /// <summary>What the fix of a diagnostic is called; null where there is none.</summary>
    protected abstract string? TitleOf(Diagnostic diagnostic, SyntaxNode node);

    /// <summary>Makes the edits of one diagnostic, at the node where it was reported.</summary>
    protected virtual void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
    }

    /// <summary>The same for a fix that edits other documents too.</summary>
    protected virtual Task EditAsync(SolutionEditor solution, DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        Edit(document, node, diagnostic, cancellation);
        return Task.CompletedTask;
    }

    private static SyntaxNode NodeOf(SyntaxNode root, Diagnostic diagnostic) => root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
}
