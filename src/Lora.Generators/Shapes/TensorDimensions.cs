using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>One dimension of a tensor: a value, or a variable that the first use decides.</summary>
/// <param name="Text">The dimension in the user's words.</param>
/// <param name="Origin">What says so: <c>'_up' gives</c>.</param>
internal sealed record Dimension(Polynomial? Value, string? Variable, string Text, string Origin)
{
    public static Dimension Of(Number number, string origin) => new(number.Value, null, number.Text, origin);

    public static Dimension Unbound(string variable, string origin) => new(null, variable, "_", origin);
}

/// <summary>What is known of a tensor's shape: the trailing dimensions, the last one first. Null stands for a dimension that is not known.</summary>
internal sealed record TensorDimensions(ImmutableArray<Dimension?> Trailing, bool IsWhole)
{
    public static readonly TensorDimensions Unknown = new([], IsWhole: false);

    public Dimension? this[int fromEnd] => fromEnd < Trailing.Length ? Trailing[fromEnd] : null;

    /// <summary>What two ways to a value agree on.</summary>
    public static TensorDimensions Join(TensorDimensions a, TensorDimensions b, Func<Dimension?, Dimension?, Dimension?> join) => new(
        [.. a.Trailing.Zip(b.Trailing, join)], a.IsWhole && b.IsWhole && a.Trailing.Length == b.Trailing.Length);
}

/// <summary>Two dimensions that an operation needs to be equal, and that are not.</summary>
internal sealed record Mismatch(SyntaxNode Site, Dimension Left, Dimension Right, int FromEnd, Relation Relation, bool MayBroadcast);
