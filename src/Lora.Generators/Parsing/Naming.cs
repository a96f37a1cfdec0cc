using System.Text;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators;

/// <summary>How names of members become names of state, of generated members and of locals.</summary>
internal static class Naming
{
    /// <summary><c>_qProj</c> → <c>qProj</c>, <c>m_head</c> → <c>head</c>.</summary>
    public static string WithoutPrefix(string name)
    {
        string trimmed = name.StartsWith("m_", StringComparison.Ordinal) ? name.Substring(2) : name;
        trimmed = trimmed.TrimStart('_');
        return trimmed.Length == 0 ? name : trimmed;
    }

    /// <summary><c>_qProj</c> → <c>QProj</c>.</summary>
    public static string Pascal(string name) => Capitalize(WithoutPrefix(name));

    public static string Capitalize(string name) =>
        name.Length > 0 && char.IsLower(name[0]) ? char.ToUpperInvariant(name[0]) + name.Substring(1) : name;

    public static string Singular(string name) =>
        name.Length > 1 && name.EndsWith("s", StringComparison.Ordinal) ? name.Substring(0, name.Length - 1) : name;

    public static string Camel(string name)
    {
        string plain = WithoutPrefix(name);
        return plain.Length > 0 && char.IsUpper(plain[0]) ? char.ToLowerInvariant(plain[0]) + plain.Substring(1) : plain;
    }

    /// <summary><c>_qProj</c> → <c>q_proj</c>, <c>LMHead</c> → <c>lm_head</c>, <c>fc1</c> → <c>fc1</c>.</summary>
    public static string Snake(string name)
    {
        string plain = WithoutPrefix(name);
        var snake = new StringBuilder();
        for (int i = 0; i < plain.Length; i++)
        {
            bool startsWord = char.IsUpper(plain[i]) && i > 0 && plain[i - 1] != '_'
                && (!char.IsUpper(plain[i - 1]) || (i + 1 < plain.Length && char.IsLower(plain[i + 1])));
            if (startsWord)
            {
                snake.Append('_');
            }

            snake.Append(char.ToLowerInvariant(plain[i]));
        }

        return snake.ToString();
    }

    /// <summary>An identifier that is safe where a keyword is not.</summary>
    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : name;
}
