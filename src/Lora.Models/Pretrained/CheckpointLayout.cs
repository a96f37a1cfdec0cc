namespace Lora.Models;

/// <summary>How the checkpoints of a family of models name and store what the model's own state calls by its paths.</summary>
internal sealed record CheckpointLayout
{
    /// <summary>The prefix of the model without its head, such as <c>model.</c>: files of the bare model lack it, and files of a larger one have it.</summary>
    public required string BasePrefix { get; init; }

    /// <summary>What the names of the head begin with, which have the base prefix in no file.</summary>
    public IReadOnlyList<string> HeadPrefixes { get; init; } = [];

    /// <summary>What names end with that are no weights, such as buffers of older files.</summary>
    public IReadOnlyList<string> PassedOverSuffixes { get; init; } = [];

    /// <summary>What names begin with that belong to heads of another task.</summary>
    public IReadOnlyList<string> PassedOverPrefixes { get; init; } = [];

    /// <summary>What the names of matrices end with that are stored as [in, out].</summary>
    public IReadOnlyList<string> TransposedSuffixes { get; init; } = [];

    /// <summary>The head that is the embedding's copy where a file holds it once more, and the embedding; null for a head of its own.</summary>
    public (string Head, string Embedding)? Tied { get; init; }

    public bool IsPassedOver(string name) =>
        PassedOverSuffixes.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal)) || StartsWithOne(name, PassedOverPrefixes);

    public bool IsTransposed(string name) => TransposedSuffixes.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal));

    public bool IsOfHead(string name) => StartsWithOne(name, HeadPrefixes);

    private static bool StartsWithOne(string name, IReadOnlyList<string> prefixes) =>
        prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
