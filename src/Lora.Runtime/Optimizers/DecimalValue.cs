using System.Globalization;

namespace Lora;

/// <summary>
/// Settings as they were written: 0.999f is 0.99900001287, whose distance from 1 is off by 1.3e-5, where PyTorch computes with the double 0.999.
/// </summary>
internal static class DecimalValue
{
    /// <summary>The double nearest to the shortest decimal that gives this float.</summary>
    public static double Of(float value)
    {
        Span<char> digits = stackalloc char[32];
        return value.TryFormat(digits, out int length, default, CultureInfo.InvariantCulture)
            ? double.Parse(digits[..length], NumberStyles.Float, CultureInfo.InvariantCulture)
            : value;
    }
}
