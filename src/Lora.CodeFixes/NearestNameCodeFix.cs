namespace Lora.CodeFixes;

/// <summary>LORA0008: writes the nearest name of a layer.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class NearestNameCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA0008"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) =>
        diagnostic.Properties.TryGetValue(Fix.Name, out string? name) ? $"Write \"{name}\"" : null;

    /// <inheritdoc/>
    protected override void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        if (node.FirstAncestorOrSelf<ExpressionSyntax>() is { } target)
        {
            ExpressionSyntax literal = SyntaxFactory.LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(diagnostic.Properties[Fix.Name]!));
            document.ReplaceNode(target, literal.WithTriviaFrom(target));
        }
    }
}
