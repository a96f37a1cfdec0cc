using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>The dimensions of a <c>[Lora]</c> member's layer and what its adapter adds to it.</summary>
internal sealed record AdaptedDimensions(int Rank, Number In, Number Out)
{
    /// <summary>r·(in + out), where both are numbers.</summary>
    public long? Parameters => In.Value.Constant is { } width && Out.Value.Constant is { } height ? Rank * (width + height) : null;

    /// <summary>in·out, where both are numbers.</summary>
    public long? Weights => In.Value.Constant is { } width && Out.Value.Constant is { } height ? width * height : null;

    public string ParametersText => Parameters is { } count ? Format(count) : $"{Rank.ToString(CultureInfo.InvariantCulture)} · ({In.Text} + {Out.Text})";

    public string WeightsText => Weights is { } count ? Format(count) : $"{Factor(In)} · {Factor(Out)}";

    /// <summary>The dimensions of a member's layer; null where it has no adapter, or where its arguments are not known.</summary>
    public static AdaptedDimensions? Of(ISymbol member, ClassScope scope)
    {
        ITypeSymbol? type = member is IFieldSymbol field ? field.Type : (member as IPropertySymbol)?.Type;
        (string In, string Out)? names = type.Is(KnownNames.Linear) ? ("inFeatures", "outFeatures") : type.Is(KnownNames.Embedding) ? ("count", "width") : null;
        if (names is null || member.Attribute(KnownNames.Lora) is not { } attribute || scope.OfMember(member, isCollection: false) is not Instance layer
            || !layer.Arguments.TryGetValue(names.Value.In, out Known? width) || !layer.Arguments.TryGetValue(names.Value.Out, out Known? height))
        {
            return null;
        }

        return width is Number first && height is Number second ? new AdaptedDimensions(attribute.Argument("Rank") as int? ?? LoraDefaults.Rank, first, second) : null;
    }

    private static string Format(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Factor(Number number) => number.Text.Contains(" + ") || number.Text.Contains(" - ") ? $"({number.Text})" : number.Text;
}
