namespace Lora.CodeFixes;

/// <summary>LORA2002 and LORA2004: wraps the tensor data, or the result of the call, in <c>Nn.Stop(…)</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class StopCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA2002", "LORA2004"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) =>
        diagnostic.Properties.ContainsKey(Fix.Stop) || diagnostic.Properties.ContainsKey(Fix.StopArguments) ? "Stop the gradient with Nn.Stop(…)" : null;

    /// <inheritdoc/>
    protected override void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        if (node is ArgumentSyntax { Expression: var value })
        {
            node = value;
        }

        if (diagnostic.Properties.ContainsKey(Fix.Stop))
        {
            if (node is ExpressionSyntax)
            {
                document.ReplaceNode(node, (current, _) => Syntax.Stop(current));
            }
        }
        else if (node is InvocationExpressionSyntax call)
        {
            foreach (ArgumentSyntax argument in call.ArgumentList.Arguments)
            {
                if (document.SemanticModel.GetTypeInfo(argument.Expression, cancellation).Type is { } type && (type.IsTensor() || type.IsFloat()))
                {
                    document.ReplaceNode(argument.Expression, (current, _) => Syntax.Stop(current));
                }
            }
        }
    }
}
