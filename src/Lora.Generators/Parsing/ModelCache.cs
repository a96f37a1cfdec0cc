using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>
/// What was read of the class of an attributed member, for as long as nothing changes that it was read from: the declarations of the program,
/// and the files whose bodies were looked into. So a keystroke in a body elsewhere binds nothing of the class.
/// </summary>
internal static class ModelCache
{
    private static readonly ConditionalWeakTable<SyntaxTree, ConcurrentDictionary<int, Entry>> _ofFiles = new();

    /// <summary>The kept value, or what <paramref name="read"/> reads.</summary>
    public static ModelSpec? GetOrRead(SyntaxNode member, Compilation compilation, Func<SourceReader, ModelSpec?> read)
    {
        ConcurrentDictionary<int, Entry> entries = _ofFiles.GetOrCreateValue(member.SyntaxTree);
        string declarations = DeclarationDigest.Of(compilation);
        if (entries.TryGetValue(member.SpanStart, out Entry? entry) && entry.Declarations == declarations && entry.Files.All(ProgramFiles.Of(compilation).Contains))
        {
            return entry.Model;
        }

        var reader = new SourceReader(compilation);
        ModelSpec? model = read(reader);
        entries[member.SpanStart] = new Entry(declarations, [.. reader.Files.Where(file => file != member.SyntaxTree).Select(Identity.Of)], model);
        return model;
    }

    // Of values alone, so that it keeps neither another file nor a compilation in memory.
    private sealed record Entry(string Declarations, long[] Files, ModelSpec? Model);

    // The numbers of a compilation's files.
    private static class ProgramFiles
    {
        private static readonly ConditionalWeakTable<Compilation, HashSet<long>> _known = new();

        public static HashSet<long> Of(Compilation compilation) => _known.GetValue(compilation, static asked => [.. asked.SyntaxTrees.Select(Identity.Of)]);
    }
}
