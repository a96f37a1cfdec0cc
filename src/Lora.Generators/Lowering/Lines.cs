namespace Lora.Generators;

internal static class Lines
{
    /// <summary>Text on one line, runs of white space made one space.</summary>
    public static string Collapse(string text) => string.Join(" ", text.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
