namespace Lora.Models;

/// <summary>Finds the first of some texts in a text that comes in parts, and holds back what may become one.</summary>
/// <param name="stops">The texts to find.</param>
internal sealed class StopTexts(IReadOnlyList<string> stops)
{
    private string _held = "";

    /// <summary>Takes a part.</summary>
    /// <param name="part">What comes next.</param>
    /// <param name="isLast">Whether nothing can follow, so that nothing is held back.</param>
    /// <returns>What is certain to be before every stop text, and whether one was found after it.</returns>
    public (string Text, bool IsFound) Take(string part, bool isLast = false)
    {
        string text = _held + part;
        int found = text.Length;
        foreach (string stop in stops)
        {
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            found = at >= 0 ? Math.Min(found, at) : found;
        }

        if (found < text.Length)
        {
            _held = "";
            return (text[..found], true);
        }

        int certain = isLast ? text.Length : CertainLength(text);
        _held = text[certain..];
        return (text[..certain], false);
    }

    private int CertainLength(string text)
    {
        for (int i = Math.Max(0, text.Length - stops.Select(stop => stop.Length - 1).DefaultIfEmpty(0).Max()); i < text.Length; i++)
        {
            if (stops.Any(stop => stop.AsSpan().StartsWith(text.AsSpan(i), StringComparison.Ordinal)))
            {
                return i;
            }
        }

        return text.Length;
    }
}
