namespace Lora.CodeFixes;

/// <summary>LORA2001: writes what the construct means in words that are supported, where there are such words.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class RewriteCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA2001"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) => Construct(node) switch
    {
        WhileStatementSyntax => "Write 'for'",
        SwitchStatementSyntax @switch when SwitchRewriter.Rewrite(@switch) is not null => "Write 'if' and 'else'",
        SwitchExpressionSyntax @switch when SwitchRewriter.Rewrite(@switch) is not null => "Write '?:'",
        ExpressionStatementSyntax statement when AssignmentRewriter.Rewrite(statement) is not null => "Write assignments",
        BinaryExpressionSyntax coalesce when AssignmentRewriter.Rewrite(coalesce) is not null => "Write '?:'",
        _ => null,
    };

    /// <inheritdoc/>
    protected override void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        switch (Construct(node))
        {
            // What is inside is edited too, so the loop is written anew from what it is then.
            case WhileStatementSyntax loop:
                document.ReplaceNode(loop, (current, _) => AssignmentRewriter.Rewrite((WhileStatementSyntax)current).WithTriviaFrom(current));
                break;
            case SwitchStatementSyntax @switch:
                document.ReplaceNode(@switch, (current, _) => Formatted(SwitchRewriter.Rewrite((SwitchStatementSyntax)current) ?? current, current));
                break;
            case SwitchExpressionSyntax @switch:
                document.ReplaceNode(@switch, (current, _) => Formatted(SwitchRewriter.Rewrite((SwitchExpressionSyntax)current) ?? current, current));
                break;
            case BinaryExpressionSyntax coalesce:
                document.ReplaceNode(coalesce, (current, _) => Formatted(AssignmentRewriter.Rewrite((BinaryExpressionSyntax)current) ?? current, current));
                break;
            case ExpressionStatementSyntax statement when AssignmentRewriter.Rewrite(statement) is { } statements:
                StatementSyntax[] written = [.. statements.Select(one => (StatementSyntax)Formatted(one, statement))];
                document.InsertAfter(statement, written.Skip(1));
                document.ReplaceNode(statement, written[0]);
                break;
        }
    }

    // A statement that is one expression is reported as the expression.
    private static SyntaxNode? Construct(SyntaxNode node)
    {
        SyntaxNode construct = node is ArgumentSyntax { Expression: var value } ? value : node is EqualsValueClauseSyntax { Value: var initial } ? initial : node;
        return construct is ExpressionSyntax { Parent: ExpressionStatementSyntax { Parent: BlockSyntax } statement } ? statement : construct;
    }

    private static SyntaxNode Formatted(SyntaxNode node, SyntaxNode old) => node.WithTriviaFrom(old).WithAdditionalAnnotations(Formatter.Annotation);
}
