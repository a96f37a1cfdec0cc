namespace Lora.CodeFixes;

/// <summary>LORA2007: marks a parameter <c>[NoDerivative]</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class NoDerivativeCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA2007"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) =>
        diagnostic.Properties.ContainsKey(Fix.NoDerivative) ? "Mark the parameter [NoDerivative]" : null;

    /// <inheritdoc/>
    protected override void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        if (node.FirstAncestorOrSelf<ParameterSyntax>() is { } parameter)
        {
            document.ReplaceNode(parameter, (current, _) => Syntax.Marked((ParameterSyntax)current, "NoDerivative"));
        }
    }
}
