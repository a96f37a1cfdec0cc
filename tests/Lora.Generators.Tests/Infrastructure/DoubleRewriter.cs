using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators.Tests;

/// <summary>
/// Turns the text of a user's program into one in double precision, without a generator: <c>float</c> becomes <c>double</c>,
/// <c>1f</c> becomes <c>1d</c>, <c>MathF</c> becomes <c>Math</c>, and a partial property an ordinary one.
/// </summary>
internal sealed class DoubleRewriter : CSharpSyntaxRewriter
{
    public static SyntaxTree Rewrite(SyntaxTree tree) => tree.WithRootAndOptions(new DoubleRewriter().Visit(tree.GetRoot()), tree.Options);

    public static string Rewrite(string expression) => new DoubleRewriter().Visit(SyntaxFactory.ParseExpression(expression)).ToFullString();

    public override SyntaxNode? VisitPredefinedType(PredefinedTypeSyntax node) =>
        node.Keyword.IsKind(SyntaxKind.FloatKeyword)
            ? node.WithKeyword(SyntaxFactory.Token(SyntaxKind.DoubleKeyword).WithTriviaFrom(node.Keyword))
            : node;

    public override SyntaxNode? VisitIdentifierName(IdentifierNameSyntax node) =>
        node.Identifier.ValueText == "MathF" ? node.WithIdentifier(SyntaxFactory.Identifier("Math").WithTriviaFrom(node.Identifier)) : node;

    public override SyntaxNode? VisitPropertyDeclaration(PropertyDeclarationSyntax node)
    {
        var visited = (PropertyDeclarationSyntax)base.VisitPropertyDeclaration(node)!;
        SyntaxToken partial = visited.Modifiers.FirstOrDefault(modifier => modifier.IsKind(SyntaxKind.PartialKeyword));
        return partial == default ? visited : visited.WithModifiers(visited.Modifiers.Remove(partial));
    }

    public override SyntaxToken VisitToken(SyntaxToken token)
    {
        if (token.Value is not float)
        {
            return base.VisitToken(token);
        }

        string digits = token.Text.TrimEnd('f', 'F');
        double value = double.Parse(digits.Replace("_", ""), CultureInfo.InvariantCulture);
        return SyntaxFactory.Literal(token.LeadingTrivia, digits + "d", value, token.TrailingTrivia);
    }
}
