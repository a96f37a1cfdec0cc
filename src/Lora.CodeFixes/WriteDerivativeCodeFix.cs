namespace Lora.CodeFixes;

/// <summary>LORA2011: declares the method that the rule lacks with the signature that it must have, or corrects <c>Reads</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class WriteDerivativeCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA2011"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) =>
        diagnostic.Properties.TryGetValue(Fix.Reads, out string? reads) ? $"Set Reads to {reads}"
        : diagnostic.Properties.ContainsKey(Fix.Declaration) ? $"Write '{diagnostic.Properties[Fix.Name]}'"
        : null;

    /// <inheritdoc/>
    protected override void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        if (node.FirstAncestorOrSelf<MethodDeclarationSyntax>() is not { } operation)
        {
            return;
        }

        if (diagnostic.Properties.TryGetValue(Fix.Reads, out string? reads) && reads is not null)
        {
            if (Syntax.AttributeOf(operation, "Derivative") is { } derivative)
            {
                ExpressionSyntax value = SyntaxFactory.ParseExpression("global::Lora.Reads." + reads).WithAdditionalAnnotations(Simplifier.Annotation);
                document.ReplaceNode(derivative, (current, _) => Syntax.WithSetting((AttributeSyntax)current, "Reads", value));
            }
        }
        else if (diagnostic.Properties[Fix.Declaration] is { } text && SyntaxFactory.ParseMemberDeclaration(text) is { } declared)
        {
            declared = declared.ReplaceNodes(declared.DescendantNodes().OfType<NameSyntax>(), (_, current) => current.WithAdditionalAnnotations(Simplifier.Annotation));
            document.InsertAfter(operation, declared.WithLeadingTrivia(SyntaxFactory.ElasticLineFeed).WithAdditionalAnnotations(Formatter.Annotation));
        }
    }
}
