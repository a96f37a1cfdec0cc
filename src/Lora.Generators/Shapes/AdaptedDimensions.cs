using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>The dimensions of a <c>[Lora]</c> member's layer and what its adapter adds to it.</summary>
internal sealed record AdaptedDimensions(int Rank, Number In, Number Out, bool IsEmbedding, bool UseDora)
{
    /// <summary>r·(in + out), and a magnitude for each output with DoRA, where both are numbers.</summary>
    public long? Parameters => In.Value.Constant is { } width && Out.Value.Constant is { } height ? (Rank * (width + height)) + (UseDora ? height : 0) : null;

    /// <summary>in·out, where both are numbers.</summary>
    public long? Weights => In.Value.Constant is { } width && Out.Value.Constant is { } height ? width * height : null;

    public string ParametersText => Parameters is { } count ? Format(count) : $"{Rank.ToString(CultureInfo.InvariantCulture)} · ({In.Text} + {Out.Text}){(UseDora ? $" + {Out.Text}" : "")}";

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

        int rank = attribute.Argument("Rank") as int? ?? LoraDefaults.Rank;
        return width is Number first && height is Number second
            ? new AdaptedDimensions(rank, first, second, type.Is(KnownNames.Embedding), attribute.Argument("UseDora") is true)
            : null;
    }

    /// <summary>The sizes as documentation says them: numbers where they are known, otherwise the symbols.</summary>
    public LayerSizeSpec ToSpec()
    {
        // Not in the user's own words: these may be written with other white space tomorrow.
        AdaptedDimensions plain = new(Rank, In with { Words = null }, Out with { Words = null }, IsEmbedding, UseDora);
        string shape = IsEmbedding ? $"[{plain.In.Text}, {plain.Out.Text}]" : $"[.., {plain.In.Text}] → [.., {plain.Out.Text}]";
        return new LayerSizeSpec(
            shape, plain.ParametersText, plain.WeightsText,
            Weights > 0 ? (100.0 * Parameters!.Value / Weights.Value).ToString("0.00", CultureInfo.InvariantCulture) : null);
    }

    private static string Format(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Factor(Number number) => number.Text.Contains(" + ") || number.Text.Contains(" - ") ? $"({number.Text})" : number.Text;
}
