using System.Collections.Immutable;

namespace Lora.Generators;

/// <summary>What a diagnostic tells its code fix: what to do, and with which value. It travels in the diagnostic's properties.</summary>
internal sealed class Fix
{
    /// <summary>The key of the rank to write: an integer.</summary>
    public const string Rank = nameof(Rank);

    private Fix(ImmutableDictionary<string, string?> properties) => Properties = properties;

    public static Fix None { get; } = new(ImmutableDictionary<string, string?>.Empty);

    public ImmutableDictionary<string, string?> Properties { get; }

    public static Fix Of(string key, string value = "") => None.And(key, value);

    public Fix And(string key, string value = "") => new(Properties.SetItem(key, value));
}
