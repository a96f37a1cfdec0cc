using System.Text.RegularExpressions;

namespace Lora;

/// <summary>What an <c>adapter_config.json</c> says of a LoRA adapter.</summary>
internal sealed record PeftConfig
{
    /// <summary>The settings of every layer that no pattern gives others.</summary>
    public required LoraSettings Settings { get; init; }

    /// <summary>Which layers have an adapter.</summary>
    public required PeftTargets Targets { get; init; }

    /// <summary>Other ranks by keys, of which the first that fits a path counts.</summary>
    public IReadOnlyList<(Regex Key, int Rank)> Ranks { get; init; } = [];

    /// <summary>Other numerators of the scaling by keys, of which the first that fits a path counts.</summary>
    public IReadOnlyList<(Regex Key, float Alpha)> Alphas { get; init; } = [];

    /// <summary>Which biases were trained.</summary>
    public LoraBias Bias { get; init; }

    /// <summary>The ends of the names of modules that were trained in full.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>What the file says of the base model.</summary>
    public PeftOrigin Origin { get; init; } = new();

    /// <summary>The settings of one layer.</summary>
    /// <exception cref="RegexMatchTimeoutException">A key takes too long.</exception>
    public LoraSettings SettingsOf(string path) => Settings with
    {
        Rank = Ranks.Where(pattern => pattern.Key.IsMatch(path)).Select(pattern => pattern.Rank).FirstOrDefault(Settings.Rank),
        Alpha = Alphas.Where(pattern => pattern.Key.IsMatch(path)).Select(pattern => pattern.Alpha).FirstOrDefault(Settings.Alpha),
    };

    /// <summary>Whether a layer was trained in full: one of the modules that it lies in, or itself, ends with an entry, whatever stands before it, as PEFT has it.</summary>
    public bool IsInFull(string path)
    {
        for (int end = path.Length; end > 0; end = path.LastIndexOf('.', end - 1))
        {
            if (ModulesToSave.Any(entry => path.AsSpan(0, end).EndsWith(entry, StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What an adapter's file says of its base model, kept to be written again.</summary>
/// <param name="BaseModel">Its name or path.</param>
/// <param name="TaskType">PEFT's task.</param>
/// <param name="FanInFanOut">Whether it stores weights as [in, out], as GPT-2 does. A and B are the same either way.</param>
internal sealed record PeftOrigin(string? BaseModel = null, string? TaskType = null, bool FanInFanOut = false);
