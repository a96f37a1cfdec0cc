namespace Lora.CodeFixes;

/// <summary>LORA0001: adds <c>partial</c> to the class and the types around it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class MakePartialCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA0001"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) => diagnostic.Properties.ContainsKey(Fix.Partial) ? "Add 'partial'" : null;

    /// <inheritdoc/>
    protected override void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        foreach (TypeDeclarationSyntax type in node.AncestorsAndSelf().OfType<TypeDeclarationSyntax>())
        {
            document.ReplaceNode(type, (current, _) => Syntax.WithPartial(current));
        }
    }
}
