namespace Lora.CodeFixes;

/// <summary>Writes <c>while</c>, <c>++</c>, <c>??</c>, <c>??=</c> and deconstructions in simpler words.</summary>
internal static class AssignmentRewriter
{
    /// <summary><c>while (c) s</c> → <c>for (; c;) s</c>.</summary>
    public static StatementSyntax Rewrite(WhileStatementSyntax loop)
    {
        ExpressionSyntax? condition = loop.Condition.IsKind(SyntaxKind.TrueLiteralExpression) ? null : loop.Condition.WithLeadingTrivia(SyntaxFactory.Space);
        return SyntaxFactory.ForStatement(loop.Statement)
            .WithForKeyword(SyntaxFactory.Token(SyntaxKind.ForKeyword).WithTrailingTrivia(SyntaxFactory.Space))
            .WithCondition(condition)
            .WithCloseParenToken(loop.CloseParenToken);
    }

    /// <summary><c>k ?? x</c> → <c>k is not null ? k : x</c>, where asking for k twice is the same.</summary>
    public static ExpressionSyntax? Rewrite(BinaryExpressionSyntax coalesce) =>
        coalesce.IsKind(SyntaxKind.CoalesceExpression) && IsName(coalesce.Left) && coalesce.Right is not ThrowExpressionSyntax
            ? Syntax.Parenthesized(SyntaxFactory.ParseExpression($"{coalesce.Left.WithoutTrivia()} is not null ? {coalesce.Left.WithoutTrivia()} : {coalesce.Right.WithoutTrivia()}"))
            : null;

    /// <summary>The statements that say the same; null where there are none.</summary>
    public static StatementSyntax[]? Rewrite(ExpressionStatementSyntax statement)
    {
        switch (statement.Expression)
        {
            case PostfixUnaryExpressionSyntax { Operand: var operand } step when step.OperatorToken.Text is "++" or "--":
                return [SyntaxFactory.ParseStatement($"{operand} {step.OperatorToken.Text[0]}= 1;")];
            case PrefixUnaryExpressionSyntax { Operand: var operand } step when step.OperatorToken.Text is "++" or "--":
                return [SyntaxFactory.ParseStatement($"{operand} {step.OperatorToken.Text[0]}= 1;")];
            case AssignmentExpressionSyntax { RawKind: (int)SyntaxKind.CoalesceAssignmentExpression } assignment when IsName(assignment.Left):
                string target = assignment.Left.WithoutTrivia().ToString();
                return [SyntaxFactory.ParseStatement($"if ({target} is null)\n{{\n{target} = {assignment.Right};\n}}")];
            case AssignmentExpressionSyntax { RawKind: (int)SyntaxKind.SimpleAssignmentExpression, Right: TupleExpressionSyntax values } assignment:
                return Deconstruct(assignment.Left, [.. values.Arguments.Select(argument => argument.Expression)]);
            default:
                return null;
        }
    }

    // One assignment after the other is the same where none reads what one before it wrote.
    private static StatementSyntax[]? Deconstruct(ExpressionSyntax left, ExpressionSyntax[] values)
    {
        string[]? targets = left switch
        {
            TupleExpressionSyntax tuple => [.. tuple.Arguments.Select(argument => argument.Expression.ToString())],
            DeclarationExpressionSyntax { Designation: ParenthesizedVariableDesignationSyntax names } => [.. names.Variables.Select(name => $"var {name}")],
            _ => null,
        };
        if (targets is null || targets.Length != values.Length || targets.Any(target => target.Contains("(")) || values.Any(value => value is TupleExpressionSyntax))
        {
            return null;
        }

        for (int i = 1; i < values.Length; i++)
        {
            var read = new HashSet<string>(values[i].DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Select(name => name.Identifier.ValueText));
            if (targets.Take(i).Any(target => read.Contains(target.Split(' ').Last())))
            {
                return null;
            }
        }

        return [.. targets.Select((target, i) => SyntaxFactory.ParseStatement(target == "_" ? $"_ = {values[i]};" : $"{target} = {values[i]};"))];
    }

    private static bool IsName(ExpressionSyntax expression) =>
        expression is IdentifierNameSyntax || expression is MemberAccessExpressionSyntax { Expression: ThisExpressionSyntax or IdentifierNameSyntax };
}
