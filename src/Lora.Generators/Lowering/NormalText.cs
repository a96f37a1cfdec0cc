using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>
/// Code with its white space in normal form. Putting it there takes longer than binding it, and at each keystroke the same texts come back:
/// they are kept, some thousands of them, for any compilation.
/// </summary>
internal static class NormalText
{
    private const int Capacity = 8192;

    private static ConcurrentDictionary<(int Kind, string Text), string> _known = new();
    private static int _count;

    /// <summary>The text of a node without the trivia around it.</summary>
    public static string Of(SyntaxNode node) => Of(node, static plain => plain);

    /// <summary>The text of a node after a change that depends on the node's text alone.</summary>
    public static string Of(SyntaxNode node, Func<SyntaxNode, SyntaxNode> change)
    {
        (int, string) key = (node.RawKind, node.ToString());
        if (_known.TryGetValue(key, out string? normal))
        {
            return normal;
        }

        if (Interlocked.Increment(ref _count) > Capacity)
        {
            _known = new();
            _count = 0;
        }

        return _known[key] = change(node.WithoutTrivia()).NormalizeWhitespace(eol: "\n").ToFullString();
    }
}
