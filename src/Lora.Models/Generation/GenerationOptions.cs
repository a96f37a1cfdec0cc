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

    /// <summary>The seed of the draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Tokens that end the text; they are not part of it. Null stands for the model's own.</summary>
    public IReadOnlyList<int>? StopTokens { get; init; }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxNewTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(TopK);
        if (!float.IsFinite(Temperature) || Temperature < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, "Temperature must be a finite number, 0 or more.");
        }
    }
}
