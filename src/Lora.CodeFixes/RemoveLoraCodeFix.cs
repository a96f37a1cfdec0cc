namespace Lora.CodeFixes;

/// <summary>LORA0002: removes <c>[Lora]</c>, or the target of <c>[field: Lora]</c> where that mends it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class RemoveLoraCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA0002"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) =>
        diagnostic.Properties.ContainsKey(Fix.RemoveTarget) ? "Write [Lora]"
        : diagnostic.Properties.ContainsKey(Fix.Remove) ? "Remove [Lora]"
        : null;

    /// <inheritdoc/>
    protected override void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        bool keeps = diagnostic.Properties.ContainsKey(Fix.RemoveTarget);
        if (node.FirstAncestorOrSelf<MemberDeclarationSyntax>() is { } member)
        {
            document.ReplaceNode(member, (current, _) => Mend((MemberDeclarationSyntax)current, keeps));
        }
    }

    private static MemberDeclarationSyntax Mend(MemberDeclarationSyntax member, bool keeps)
    {
        if (Syntax.AttributeOf(member, "Lora") is not { Parent: AttributeListSyntax list } lora)
        {
            return member;
        }

        if (keeps && list.Attributes.Count == 1)
        {
            AttributeListSyntax plain = list.WithTarget(null).WithAttributes([lora.WithoutTrivia()]);
            return member.ReplaceNode(list, plain);
        }

        SyntaxList<AttributeListSyntax> lists = list.Attributes.Count == 1
            ? member.AttributeLists.Remove(list)
            : member.AttributeLists.Replace(list, list.WithAttributes(list.Attributes.Remove(lora)));
        if (keeps)
        {
            lists = lists.Insert(0, SyntaxFactory.AttributeList([lora.WithoutTrivia()]).WithTrailingTrivia(SyntaxFactory.Space));
            lists = lists.Replace(lists[1], lists[1].WithoutLeadingTrivia());
        }

        return member.WithAttributeLists(lists).WithLeadingTrivia(member.GetLeadingTrivia());
    }
}
