using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.Text;

namespace Lora.Generators.Tests;

/// <summary>Source text with marks such as <c>{|LORA2001:while (true) { }|}</c> at the spans where diagnostics are expected. Marks may be nested.</summary>
internal sealed partial class MarkedSource
{
    private MarkedSource(string text, IReadOnlyList<(string Id, TextSpan Span)> marks)
    {
        Text = text;
        Marks = marks;
    }

    public string Text { get; }

    public IReadOnlyList<(string Id, TextSpan Span)> Marks { get; }

    public static MarkedSource Parse(string marked)
    {
        var text = new StringBuilder();
        var open = new Stack<(string Id, int Start)>();
        var marks = new List<(string, TextSpan)>();
        int end = 0;
        foreach (Match match in Mark().Matches(marked))
        {
            text.Append(marked, end, match.Index - end);
            end = match.Index + match.Length;
            if (match.Groups["id"].Success)
            {
                open.Push((match.Groups["id"].Value, text.Length));
            }
            else if (open.TryPop(out (string Id, int Start) opened))
            {
                marks.Add((opened.Id, TextSpan.FromBounds(opened.Start, text.Length)));
            }
            else
            {
                throw new FormatException($"A mark is closed that was not opened, at {match.Index}.");
            }
        }

        if (open.Count > 0)
        {
            throw new FormatException($"A mark of {open.Peek().Id} is not closed.");
        }

        text.Append(marked, end, marked.Length - end);
        return new MarkedSource(text.ToString(), marks);
    }

    [GeneratedRegex(@"\{\|(?<id>LORA\d{4}):|\|\}")]
    private static partial Regex Mark();
}
