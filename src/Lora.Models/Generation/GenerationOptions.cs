namespace Lora.Models;

/// <summary>How a model continues a text.</summary>
public sealed record GenerationOptions
{
    /// <summary>The most tokens to add.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>What the logits are divided by before a draw; 0 takes the most likely token without a draw.</summary>
    public float Temperature { get; init; }

    /// <summary>How many of the most likely tokens a draw chooses from; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>
    /// The share of probability that a draw chooses from: the fewest of the most likely tokens that have it together (Holtzman et al. 2019, "The Curious Case of
    /// Neural Text Degeneration"). 1 for all.
    /// </summary>
    public float TopP { get; init; } = 1;

    /// <summary>The seed of the draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Tokens that end the text; they are not part of it. Null stands for the model's own.</summary>
    public IReadOnlyList<int>? StopTokens { get; init; }

    /// <summary>What ends the text where it comes up in it, even in the middle of a token; it is not part of the text. Only <see cref="TextGenerator"/> sees texts.</summary>
    public IReadOnlyList<string> StopTexts { get; init; } = [];

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxNewTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(TopK);
        ArgumentNullException.ThrowIfNull(StopTexts);
        if (!(TopP is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(TopP), TopP, "TopP must be above 0 and at most 1.");
        }

        if (StopTexts.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("StopTexts has an empty text, which is everywhere.", nameof(StopTexts));
        }

        if (!float.IsFinite(Temperature) || Temperature < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, "Temperature must be a finite number, 0 or more.");
        }
    }
}
