using System.Globalization;

namespace Lora.Generators;

/// <summary>Numbers as C# text, whatever the culture.</summary>
internal static class Lit
{
    public static string Float(float value) =>
        float.IsNaN(value) ? "float.NaN"
        : float.IsInfinity(value) ? value > 0 ? "float.PositiveInfinity" : "float.NegativeInfinity"
        : value.ToString("R", CultureInfo.InvariantCulture) + "f";
}
