using System.Text.Json;

namespace Lora.Models;

/// <summary>The steps by which a byte-level <c>tokenizer.json</c> splits texts into words.</summary>
internal sealed class WordSplitter
{
    private static readonly SplitPattern _digit = new(@"\p{N}");
    private static readonly SplitPattern _digits = new(@"\p{N}+");

    private readonly List<Func<string, IEnumerable<string>>> _steps = [];

    public WordSplitter(JsonElement? component)
    {
        foreach (JsonElement step in Components.Flatten(component, "pretokenizers"))
        {
            Add(step);
        }
    }

    /// <summary>Whether one of the steps writes words in bytes.</summary>
    public bool IsByteLevel { get; private set; }

    public IEnumerable<string> Split(string text) =>
        text.Length == 0 ? [] : _steps.Aggregate<Func<string, IEnumerable<string>>, IEnumerable<string>>([text], (words, step) => words.SelectMany(step));

    private void Add(JsonElement step)
    {
        switch (Components.TypeOf(step))
        {
            case "ByteLevel":
                IsByteLevel = true;
                if (Components.Flag(step, "add_prefix_space", absent: true))
                {
                    _steps.Add(word => [word is [' ', ..] ? word : " " + word]);
                }

                if (Components.Flag(step, "use_regex", absent: true))
                {
                    _steps.Add(SplitPattern.Gpt2.Split);
                }

                break;
            case "Digits":
                _steps.Add((Components.Flag(step, "individual_digits", absent: false) ? _digit : _digits).Split);
                break;
            case "Split":
                _steps.Add(PatternOf(step).Split);
                break;
            case string other:
                throw new NotSupportedException($"its pre_tokenizer is {other}; for byte-level BPE only ByteLevel, Digits and Split are read");
        }
    }

    private static SplitPattern PatternOf(JsonElement step)
    {
        string behavior = step.TryGetProperty("behavior", out JsonElement given) ? given.ToString() : "absent";
        if (behavior != "Isolated" || Components.Flag(step, "invert", absent: false))
        {
            // What matches and what does not are words either way; only an inverted or another behaviour would drop or join some.
            throw new NotSupportedException($"its Split has the behavior {behavior}{(behavior == "Isolated" ? ", inverted" : "")}; only Isolated is read");
        }

        if (!step.TryGetProperty("pattern", out JsonElement pattern) || pattern.ValueKind != JsonValueKind.Object
            || !pattern.TryGetProperty("Regex", out JsonElement regex) || regex.ValueKind != JsonValueKind.String)
        {
            throw new NotSupportedException($"its Split has the pattern {Components.TextOf(step)}; only a Regex is read");
        }

        try
        {
            return new SplitPattern(regex.GetString()!);
        }
        catch (ArgumentException fault)
        {
            throw new NotSupportedException($"its Split has a regular expression that .NET does not know ({fault.Message})", fault);
        }
    }
}
