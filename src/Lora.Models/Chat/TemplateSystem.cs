using System.Text.RegularExpressions;

namespace Lora.Models;

/// <summary>What a folder's template says in the system's place of its own accord: Qwen's and SmolLM's message where there is none, Llama 3.1's dates before it.</summary>
internal static partial class TemplateSystem
{
    private const string System = "system";

    /// <summary>A conversation with the system's message that the template gives it.</summary>
    public static IReadOnlyList<ChatTurn> Complete(ChatFormat format, string? template, IReadOnlyList<ChatTurn> turns)
    {
        if (template is null || turns.Count == 0)
        {
            return turns;
        }

        bool hasSystem = turns[0].Role == System;
        if (format == ChatFormat.ChatMl && !hasSystem && ChatMlDefault().Match(template) is { Success: true } given)
        {
            return [new ChatTurn(System, given.Groups[1].Value.Replace("\\n", "\n", StringComparison.Ordinal)), .. turns];
        }

        if (format == ChatFormat.Llama3 && Knowledge().Match(template) is { Success: true } knowledge && Today().Match(template) is { Success: true } today)
        {
            string dates = $"{knowledge.Value}\nToday Date: {today.Groups[1].Value}\n\n{(hasSystem ? turns[0].Content : "")}";
            return [new ChatTurn(System, dates), .. turns.Skip(hasSystem ? 1 : 0)];
        }

        return turns;
    }

    [GeneratedRegex(@"<\|im_start\|>system(?:\\n|\n)([^'""<{}]+)<\|im_end\|>")]
    private static partial Regex ChatMlDefault();

    [GeneratedRegex(@"Cutting Knowledge Date: \w+ \d+")]
    private static partial Regex Knowledge();

    [GeneratedRegex(@"date_string = ""([^""]+)""")]
    private static partial Regex Today();
}
