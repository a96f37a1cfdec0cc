namespace Lora.CodeFixes;

/// <summary>LORA2010: writes the user's own member in place of the one that is generated from it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class OwnMemberCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA2010"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) =>
        diagnostic.Properties.TryGetValue(Fix.Name, out string? own) && own is not null && Mended(node, own) is not null ? $"Use '{own}'" : null;

    /// <inheritdoc/>
    protected override void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        if (Mended(node, diagnostic.Properties[Fix.Name]!) is var (old, mended))
        {
            document.ReplaceNode(old, mended.WithTriviaFrom(old));
        }
    }

    private static (SyntaxNode Old, SyntaxNode New)? Mended(SyntaxNode node, string own)
    {
        if (node is not IdentifierNameSyntax name)
        {
            return null;
        }

        // The name with what it is taken from: this.First, _block.A.
        ExpressionSyntax use = name.Parent is MemberAccessExpressionSyntax access && access.Name == name ? access : name;
        ExpressionSyntax plain = use.ReplaceNode(name, SyntaxFactory.IdentifierName(own).WithTriviaFrom(name));
        if (use == name)
        {
            plain = SyntaxFactory.IdentifierName(own);
        }

        string generated = name.Identifier.ValueText;
        if (use.Parent is not InvocationExpressionSyntax call)
        {
            return (use, plain);
        }

        string suffix = generated.StartsWith(own, StringComparison.Ordinal) ? generated.Substring(own.Length) : "";
        return suffix switch
        {
            "AndGradients" => (use, plain),
            "WithPullback" when call.Parent is MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Value" } value => (value, call.WithExpression(plain)),
            "Training" when call.ArgumentList.Arguments.Count >= 2 => (call, call.WithExpression(plain).WithArgumentList(WithoutLast(call.ArgumentList, 2))),
            "" => (call, plain), // MergeX()
            _ => null,
        };
    }

    private static ArgumentListSyntax WithoutLast(ArgumentListSyntax list, int count)
    {
        SeparatedSyntaxList<ArgumentSyntax> arguments = list.Arguments;
        for (int i = 0; i < count; i++)
        {
            arguments = arguments.RemoveAt(arguments.Count - 1);
        }

        return list.WithArguments(arguments);
    }
}
