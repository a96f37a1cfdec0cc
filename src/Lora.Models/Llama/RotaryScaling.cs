using System.Text.Json;

namespace Lora.Models;

/// <summary>How the frequencies of rotary positions are changed for texts that are longer than those of the first training.</summary>
public abstract record RotaryScaling
{
    private RotaryScaling()
    {
    }

    /// <summary>The scaled frequencies of the pairs of a head.</summary>
    /// <param name="frequencies">Those of the base.</param>
    internal abstract double[] Apply(double[] frequencies);

    internal static RotaryScaling? Read(ConfigFile config, string name)
    {
        if (config.Find(name) is not { } element)
        {
            return null;
        }

        config.Require(name, element.ValueKind == JsonValueKind.Object, "an object or null");
        string type = element.TryGetProperty("rope_type", out JsonElement given) || element.TryGetProperty("type", out given) ? given.ToString() : "absent";
        switch (type)
        {
            case "default":
                return null;
            case "linear":
                return new Linear(Positive("factor"));
            case "llama3":
                double low = Positive("low_freq_factor");
                double high = Positive("high_freq_factor");
                return high > low
                    ? new Llama3(Positive("factor"), low, high, Positive("original_max_position_embeddings"))
                    : throw new InvalidDataException($"'{config.Source}': {name}.high_freq_factor is not above low_freq_factor.");
            default:
                throw config.Unsupported($"{name}.rope_type", type, "\"default\", \"linear\" or \"llama3\"");
        }

        double Positive(string child)
        {
            double value = config.NumberIn(name, element, child);
            return double.IsFinite(value) && value > 0
                ? value
                : throw new InvalidDataException($"'{config.Source}': {name}.{child} is {value}; it must be positive and finite.");
        }
    }

    /// <summary>Every frequency divided by a factor (Chen et al. 2023, "Extending Context Window of Large Language Models via Positional Interpolation").</summary>
    /// <param name="Factor">The factor.</param>
    public sealed record Linear(double Factor) : RotaryScaling
    {
        internal override double[] Apply(double[] frequencies) => [.. frequencies.Select(frequency => frequency / Factor)];
    }

    /// <summary>
    /// Low frequencies divided by a factor, high ones kept, and those between interpolated (Grattafiori et al. 2024, "The Llama 3 Herd of Models").
    /// </summary>
    /// <param name="Factor">The factor.</param>
    /// <param name="LowFrequencyFactor">Wavelengths above the original length over this are divided in full.</param>
    /// <param name="HighFrequencyFactor">Wavelengths below the original length over this are kept.</param>
    /// <param name="OriginalMaxPositions">The longest sequence of the first training.</param>
    public sealed record Llama3(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, double OriginalMaxPositions) : RotaryScaling
    {
        internal override double[] Apply(double[] frequencies) => [.. frequencies.Select(Apply)];

        private double Apply(double frequency)
        {
            double turns = OriginalMaxPositions * frequency / (2 * Math.PI);
            double kept = Math.Clamp((turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor), 0, 1);
            return ((1 - kept) * frequency / Factor) + (kept * frequency);
        }
    }
}
