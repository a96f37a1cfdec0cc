using System.CommandLine;
using System.CommandLine.Parsing;
using Lora.Models;

namespace Lora.Cli;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    /// <summary>What help calls the value of an option that takes a text.</summary>
    public const string Text = "TEXT";

    // That of LoraThreads.Count.
    private const int MostThreads = 256;

    public static Option<string> Model() => new("--model") { HelpName = "DIR", Description = "Folder of a language model in Hugging Face's layout.", Required = true };

    public static Option<string?> Adapter() => new("--adapter") { HelpName = "DIR", Description = "Folder of an adapter in PEFT's format." };

    public static Option<string> Data() => new("--data")
    {
        HelpName = "FILE",
        Description = "Texts: .txt, or .jsonl whose lines have text, prompt and completion, messages, or input_ids.",
        Required = true,
    };

    public static Option<int?> SequenceLength() => new Option<int?>("--seq")
    {
        HelpName = "N",
        Description = $"Tokens that texts are cut into; by default {TrainingData.DefaultSequenceLength}, or the model's longest. Rows of input_ids are taken as they are.",
    }.AtLeast(1);

    public static Option<string> Weights() =>
        new Option<string>("--weights") { HelpName = "TYPE", Description = "How the model's own weights lie in memory: float32, or bfloat16 in half of it.", DefaultValueFactory = _ => "float32" }.OneOf("float32", "bfloat16");

    /// <summary>What <see cref="Weights"/> says.</summary>
    public static WeightFormat Format(this ParseResult parsed, Option<string> weights) => parsed.GetValue(weights) == "bfloat16" ? WeightFormat.BFloat16 : WeightFormat.Float32;

    public static Option<int?> Threads() => new Option<int?>("--threads") { HelpName = "N", Description = "Threads that compute; by default all processors." }.AtLeast(1, most: MostThreads);

    /// <summary>Refuses smaller numbers, and larger ones where there is a most, while the command line is read.</summary>
    public static Option<T> AtLeast<T>(this Option<T> option, int least, int most = int.MaxValue)
    {
        option.Validators.Add(given =>
        {
            if (given.Tokens is [{ Value: var text }] && int.TryParse(text, out int value) && (value < least || value > most))
            {
                given.AddError($"{option.Name} is {value}; it must be {(most == int.MaxValue ? $"at least {least}" : $"from {least} to {most}")}.");
            }
        });
        return option;
    }

    /// <summary>Refuses all but some words while the command line is read.</summary>
    public static Option<string> OneOf(this Option<string> option, params string[] words)
    {
        option.Validators.Add(given =>
        {
            if (given.Tokens is [{ Value: var text }] && !words.Contains(text, StringComparer.Ordinal))
            {
                given.AddError($"{option.Name} is {text}; it must be {string.Join(", ", words[..^1])} or {words[^1]}.");
            }
        });
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>Whether an option stands on the command line.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Parts of a list, whether commas or spaces stand between them.</summary>
    public static string[] Parts(IEnumerable<string> values) =>
        [.. values.SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    public static void UseThreads(int? count)
    {
        if (count is { } threads)
        {
            LoraThreads.Count = threads;
        }
    }
}
