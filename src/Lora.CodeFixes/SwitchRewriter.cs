namespace Lora.CodeFixes;

/// <summary>Writes a <c>switch</c> as <c>if</c> and <c>else</c>, or as <c>?:</c>, where its value can be asked for several times.</summary>
internal static class SwitchRewriter
{
    /// <summary>A chain of <c>?:</c>; null where a value might find no arm.</summary>
    public static ExpressionSyntax? Rewrite(SwitchExpressionSyntax @switch)
    {
        SeparatedSyntaxList<SwitchExpressionArmSyntax> arms = @switch.Arms;
        if (!IsRepeatable(@switch.GoverningExpression) || arms.Count == 0 || arms[arms.Count - 1] is not { Pattern: DiscardPatternSyntax, WhenClause: null, Expression: not ThrowExpressionSyntax })
        {
            return null;
        }

        string chain = arms[arms.Count - 1].Expression.ToString();
        foreach (SwitchExpressionArmSyntax arm in arms.Reverse().Skip(1))
        {
            if (Test(@switch.GoverningExpression, arm.Pattern, arm.WhenClause) is not { } test || arm.Expression is ThrowExpressionSyntax)
            {
                return null;
            }

            chain = $"{test} ? {arm.Expression} : {chain}";
        }

        return arms.Count == 1 ? Syntax.Parenthesized(arms[0].Expression) : Syntax.Parenthesized(SyntaxFactory.ParseExpression(chain));
    }

    /// <summary>A chain of <c>if</c> and <c>else</c>; null where a section ends in another way than by its last statement.</summary>
    public static StatementSyntax? Rewrite(SwitchStatementSyntax @switch)
    {
        if (!IsRepeatable(@switch.Expression))
        {
            return null;
        }

        string chain = "";
        foreach (SwitchSectionSyntax section in @switch.Sections.OrderBy(section => section.Labels.Any(label => label is DefaultSwitchLabelSyntax)).Reverse())
        {
            if (Body(section) is not { } body || section.Labels.Count > 1 && section.Labels.Any(label => label is DefaultSwitchLabelSyntax))
            {
                return null;
            }

            if (section.Labels[0] is DefaultSwitchLabelSyntax)
            {
                chain = body;
                continue;
            }

            string?[] tests = [.. section.Labels.Select(label => label switch
            {
                CaseSwitchLabelSyntax constant => $"{@switch.Expression} is {constant.Value}",
                CasePatternSwitchLabelSyntax pattern => Test(@switch.Expression, pattern.Pattern, pattern.WhenClause),
                _ => null,
            })];
            if (tests.Any(test => test is null))
            {
                return null;
            }

            chain = $"if ({string.Join(" || ", tests)})\n{body}{(chain.Length > 0 ? "\nelse " + chain : "")}";
        }

        return chain.StartsWith("if", StringComparison.Ordinal) ? SyntaxFactory.ParseStatement(chain) : null;
    }

    // The statements of a section as a block, without the break at its end.
    private static string? Body(SwitchSectionSyntax section)
    {
        SyntaxList<StatementSyntax> statements = section.Statements is [BlockSyntax block] ? block.Statements : section.Statements;
        StatementSyntax[] body = [.. statements.Last() is BreakStatementSyntax ? statements.Take(statements.Count - 1) : statements];
        bool leavesEarly = body.SelectMany(statement => statement.DescendantNodesAndSelf()).Any(node => node is GotoStatementSyntax || node is BreakStatementSyntax && !IsOfALoop(node, section));
        return leavesEarly ? null : $"{{\n{string.Concat(body.Select(statement => statement.ToFullString().Trim() + "\n"))}}}";
    }

    private static bool IsOfALoop(SyntaxNode jump, SwitchSectionSyntax section) =>
        jump.Ancestors().TakeWhile(node => node != section).Any(node => node is CommonForEachStatementSyntax or ForStatementSyntax or WhileStatementSyntax or DoStatementSyntax or SwitchStatementSyntax);

    private static string? Test(ExpressionSyntax value, PatternSyntax pattern, WhenClauseSyntax? when) =>
        pattern.DescendantNodesAndSelf().Any(node => node is VarPatternSyntax or DiscardPatternSyntax) ? null
        : $"{value} is {pattern}{(when is null ? "" : $" && ({when.Condition})")}";

    private static bool IsRepeatable(ExpressionSyntax expression) =>
        !expression.DescendantNodesAndSelf().Any(node => node is InvocationExpressionSyntax or BaseObjectCreationExpressionSyntax or AssignmentExpressionSyntax or PostfixUnaryExpressionSyntax or AwaitExpressionSyntax)
        && expression is IdentifierNameSyntax or MemberAccessExpressionSyntax or ElementAccessExpressionSyntax;
}
