using System.Globalization;

namespace Lora.CodeFixes;

/// <summary>LORA0003 to LORA0006: writes the rank or alpha that the diagnostic names.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class SetLoraCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA0003", "LORA0004", "LORA0005", "LORA0006"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) => SettingOf(diagnostic) is var (name, value) ? $"Set {name} to {value}" : null;

    /// <inheritdoc/>
    protected override void Edit(DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        if (SettingOf(diagnostic) is var (name, value)
            && node.FirstAncestorOrSelf<MemberDeclarationSyntax>() is { } member
            && Syntax.AttributeOf(member, "Lora") is { } lora)
        {
            // Written as a float where it is one that an int cannot hold.
            SyntaxToken number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int whole)
                ? SyntaxFactory.Literal(whole)
                : SyntaxFactory.Literal(float.Parse(value, CultureInfo.InvariantCulture));
            ExpressionSyntax literal = SyntaxFactory.LiteralExpression(SyntaxKind.NumericLiteralExpression, number);
            document.ReplaceNode(lora, (current, _) => Syntax.WithSetting((AttributeSyntax)current, name, literal));
        }
    }

    private static (string Name, string Value)? SettingOf(Diagnostic diagnostic)
    {
        foreach (string name in new[] { Fix.Rank, Fix.Alpha })
        {
            if (diagnostic.Properties.TryGetValue(name, out string? value) && value is not null)
            {
                return (name, value);
            }
        }

        return null;
    }
}
