namespace Lora.CodeFixes;

/// <summary>LORA2002: marks the method that is called <c>[Differentiable]</c>, and its class <c>partial</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AddDifferentiableCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA2002"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) =>
        diagnostic.Properties.TryGetValue(Fix.Differentiable, out string? callee) ? $"Mark '{callee}' [Differentiable]" : null;

    /// <inheritdoc/>
    protected override async Task EditAsync(SolutionEditor solution, DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        if (document.SemanticModel.GetSymbolInfo(node, cancellation).Symbol is not IMethodSymbol method
            || (method.ReducedFrom ?? method).OriginalDefinition.DeclaringSyntaxReferences.FirstOrDefault() is not { } reference
            || await reference.GetSyntaxAsync(cancellation).ConfigureAwait(false) is not MethodDeclarationSyntax declaration
            || solution.OriginalSolution.GetDocument(declaration.SyntaxTree) is not { } declaring)
        {
            return;
        }

        DocumentEditor editor = await solution.GetDocumentEditorAsync(declaring.Id, cancellation).ConfigureAwait(false);
        editor.ReplaceNode(declaration, (current, _) => Marked((MethodDeclarationSyntax)current));
        foreach (TypeDeclarationSyntax type in declaration.Ancestors().OfType<TypeDeclarationSyntax>())
        {
            editor.ReplaceNode(type, (current, _) => Syntax.WithPartial(current));
        }
    }

    private static MethodDeclarationSyntax Marked(MethodDeclarationSyntax method) =>
        Syntax.AttributeOf(method, "Differentiable") is null ? Syntax.Marked(method, "Differentiable") : method;
}
