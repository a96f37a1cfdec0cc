namespace Lora.CodeFixes;

/// <summary>Pieces of syntax that several fixes write.</summary>
internal static class Syntax
{
    /// <summary>A type with the keyword <c>partial</c>, which stands last among its modifiers.</summary>
    public static SyntaxNode WithPartial(SyntaxNode type)
    {
        var declaration = (TypeDeclarationSyntax)type;
        if (declaration.Modifiers.Any(SyntaxKind.PartialKeyword))
        {
            return declaration;
        }

        SyntaxToken partial = SyntaxFactory.Token(SyntaxKind.PartialKeyword).WithTrailingTrivia(SyntaxFactory.Space);
        return declaration.Modifiers.Count > 0 || declaration.AttributeLists.Count > 0
            ? declaration.AddModifiers(partial)
            : declaration.WithoutLeadingTrivia().AddModifiers(partial).WithLeadingTrivia(declaration.GetLeadingTrivia());
    }

    /// <summary>The expression, with no gradient through it.</summary>
    public static SyntaxNode Stop(SyntaxNode expression) => SyntaxFactory.InvocationExpression(
        SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, Qualified("Nn"), SyntaxFactory.IdentifierName("Stop")),
        SyntaxFactory.ArgumentList([SyntaxFactory.Argument((ExpressionSyntax)expression.WithoutTrivia())])).WithTriviaFrom(expression);

    /// <summary>A type of the runtime, named as shortly as its place allows.</summary>
    public static NameSyntax Qualified(string name) => SyntaxFactory.ParseName("global::Lora." + name).WithAdditionalAnnotations(Simplifier.Annotation);

    /// <summary>A member with one more attribute, before what it begins with.</summary>
    public static MethodDeclarationSyntax Marked(MethodDeclarationSyntax method, string name)
    {
        MethodDeclarationSyntax plain = method.WithoutLeadingTrivia();
        return plain.WithAttributeLists(plain.AttributeLists.Insert(0, Mark(name))).WithLeadingTrivia(method.GetLeadingTrivia());
    }

    /// <inheritdoc cref="Marked(MethodDeclarationSyntax, string)"/>
    public static ParameterSyntax Marked(ParameterSyntax parameter, string name)
    {
        ParameterSyntax plain = parameter.WithoutLeadingTrivia();
        return plain.WithAttributeLists(plain.AttributeLists.Insert(0, Mark(name))).WithLeadingTrivia(parameter.GetLeadingTrivia());
    }

    public static ExpressionSyntax Parenthesized(ExpressionSyntax expression) =>
        SyntaxFactory.ParenthesizedExpression(expression).WithAdditionalAnnotations(Simplifier.Annotation, Formatter.Annotation);

    /// <summary>The attribute of a type of the runtime on a member.</summary>
    public static AttributeSyntax? AttributeOf(MemberDeclarationSyntax member, string name) => member.AttributeLists
        .SelectMany(list => list.Attributes)
        .FirstOrDefault(attribute => attribute.Name is var written
            && (written is QualifiedNameSyntax qualified ? qualified.Right : written is AliasQualifiedNameSyntax alias ? alias.Name : (SimpleNameSyntax)written).Identifier.ValueText is var text
            && (text == name || text == name + "Attribute"));

    private static AttributeListSyntax Mark(string name) => SyntaxFactory.AttributeList([SyntaxFactory.Attribute(Qualified(name))]).WithTrailingTrivia(SyntaxFactory.Space);

    /// <summary>An attribute with a setting: in place of the one it has, or added.</summary>
    public static AttributeSyntax WithSetting(AttributeSyntax attribute, string name, ExpressionSyntax value)
    {
        AttributeArgumentListSyntax arguments = attribute.ArgumentList ?? SyntaxFactory.AttributeArgumentList();
        if (arguments.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == name) is { } given)
        {
            return attribute.WithArgumentList(arguments.ReplaceNode(given.Expression, value.WithTriviaFrom(given.Expression)));
        }

        AttributeArgumentSyntax setting = SyntaxFactory.AttributeArgument(SyntaxFactory.NameEquals(name), null, value).WithAdditionalAnnotations(Formatter.Annotation);
        return attribute.WithArgumentList(arguments.AddArguments(setting)).WithAdditionalAnnotations(Formatter.Annotation);
    }
}
