using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators;

/// <summary>
/// Rewrites code without tensor data so that it means the same in the generated file: types and static members are qualified, extension
/// calls become static ones, and locals get their generated names.
/// </summary>
internal sealed class PlainCode(SemanticModel model, Func<ISymbol, string?> nameOf) : CSharpSyntaxRewriter
{
    public string Rewrite(SyntaxNode node) => NormalText.Of(Visit(node));

    public override SyntaxTrivia VisitTrivia(SyntaxTrivia trivia) =>
        trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia ? SyntaxFactory.Space : base.VisitTrivia(trivia);

    public override SyntaxNode? VisitInvocationExpression(InvocationExpressionSyntax node)
    {
        if (model.GetConstantValue(node) is { HasValue: true, Value: string constant })
        {
            return SyntaxFactory.LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(constant));
        }

        if (node.Expression is MemberAccessExpressionSyntax access
            && model.GetSymbolInfo(node).Symbol is IMethodSymbol { ReducedFrom: { } extension, ContainingType: { } container })
        {
            var receiver = SyntaxFactory.Argument((ExpressionSyntax)Visit(access.Expression).WithoutTrivia());
            var arguments = (ArgumentListSyntax)Visit(node.ArgumentList)!;
            return SyntaxFactory.InvocationExpression(
                SyntaxFactory.ParseExpression($"{container.ToSourceNotNull()}.{Naming.Escape(extension.Name)}"),
                arguments.WithArguments(arguments.Arguments.Insert(0, receiver)));
        }

        return base.VisitInvocationExpression(node);
    }

    // In 'x is Color.Red' a constant stands where a type could.
    public override SyntaxNode? VisitQualifiedName(QualifiedNameSyntax node) => model.GetSymbolInfo(node).Symbol switch
    {
        ITypeSymbol type => TypeName(type),
        IFieldSymbol { ContainingType: { } container } field => SyntaxFactory.ParseTypeName($"{container.ToSourceNotNull()}.{Naming.Escape(field.Name)}"),
        _ => base.VisitQualifiedName(node),
    };

    public override SyntaxNode? VisitAliasQualifiedName(AliasQualifiedNameSyntax node) => node;

    public override SyntaxNode? VisitMemberAccessExpression(MemberAccessExpressionSyntax node) =>
        model.GetSymbolInfo(node).Symbol is ITypeSymbol type
            ? SyntaxFactory.ParseExpression(type.ToSourceNotNull())
            : node.WithExpression((ExpressionSyntax)Visit(node.Expression)).WithName(VisitMemberName(node.Name));

    public override SyntaxNode? VisitMemberBindingExpression(MemberBindingExpressionSyntax node) => node.WithName(VisitMemberName(node.Name));

    public override SyntaxNode? VisitNameColon(NameColonSyntax node) => node;

    public override SyntaxNode? VisitGenericName(GenericNameSyntax node) => Qualify(node) ?? base.VisitGenericName(node);

    public override SyntaxNode? VisitIdentifierName(IdentifierNameSyntax node) => Qualify(node) ?? base.VisitIdentifierName(node);

    // A colon begins the format in an interpolation, that of 'global::' too.
    public override SyntaxNode? VisitInterpolation(InterpolationSyntax node)
    {
        var visited = (InterpolationSyntax)base.VisitInterpolation(node)!;
        return visited.Expression.DescendantNodesAndSelf().Any(part => part is AliasQualifiedNameSyntax)
            ? visited.WithExpression(SyntaxFactory.ParenthesizedExpression(visited.Expression))
            : visited;
    }

    public override SyntaxNode? VisitSingleVariableDesignation(SingleVariableDesignationSyntax node) =>
        model.GetDeclaredSymbol(node) is { } local && nameOf(local) is { } name
            ? node.WithIdentifier(SyntaxFactory.Identifier(name).WithTriviaFrom(node.Identifier))
            : node;

    public override SyntaxNode? VisitVariableDeclarator(VariableDeclaratorSyntax node)
    {
        var visited = (VariableDeclaratorSyntax)base.VisitVariableDeclarator(node)!;
        return model.GetDeclaredSymbol(node) is { } local && nameOf(local) is { } name
            ? visited.WithIdentifier(SyntaxFactory.Identifier(name).WithTriviaFrom(node.Identifier))
            : visited;
    }

    public override SyntaxNode? VisitForEachStatement(ForEachStatementSyntax node)
    {
        var visited = (ForEachStatementSyntax)base.VisitForEachStatement(node)!;
        return model.GetDeclaredSymbol(node) is { } local && nameOf(local) is { } name
            ? visited.WithIdentifier(SyntaxFactory.Identifier(name).WithTriviaFrom(node.Identifier))
            : visited;
    }

    private SimpleNameSyntax VisitMemberName(SimpleNameSyntax name) =>
        name is GenericNameSyntax generic ? generic.WithTypeArgumentList((TypeArgumentListSyntax)Visit(generic.TypeArgumentList)!) : name;

    private ExpressionSyntax? Qualify(SimpleNameSyntax node)
    {
        if (node is IdentifierNameSyntax { IsVar: true } && model.GetSymbolInfo(node).Symbol is not ITypeSymbol { Name: "var" })
        {
            return node;
        }

        if (model.GetSymbolInfo(node).Symbol is not { } symbol)
        {
            return null;
        }

        if (symbol is ITypeSymbol and not ITypeParameterSymbol)
        {
            return TypeName((ITypeSymbol)symbol).WithTriviaFrom(node);
        }

        if (symbol is ILocalSymbol or IParameterSymbol)
        {
            return nameOf(symbol) is { } name ? SyntaxFactory.IdentifierName(name).WithTriviaFrom(node) : null;
        }

        if (symbol.IsStatic && symbol is IFieldSymbol or IPropertySymbol { IsStatic: true } or IMethodSymbol { IsStatic: true, MethodKind: MethodKind.Ordinary } or IEventSymbol { IsStatic: true }
            && symbol.ContainingType is { } container)
        {
            return SyntaxFactory.MemberAccessExpression(
                SyntaxKind.SimpleMemberAccessExpression, SyntaxFactory.ParseExpression(container.ToSourceNotNull()), VisitMemberName(node).WithoutTrivia()).WithTriviaFrom(node);
        }

        return null;
    }

    private static TypeSyntax TypeName(ITypeSymbol type) => SyntaxFactory.ParseTypeName(type.ToSourceNotNull());
}
