using System.ComponentModel;

namespace Lora;

/// <summary>
/// A rank known at build time. The low-rank products are compiled anew for each struct that implements this, so that their
/// loops over the rank become straight lines of vector instructions.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IRank
{
    /// <summary>The rank; 0 where it is known at run time alone.</summary>
    static abstract int Value { get; }
}

/// <summary>A rank that is known at run time alone.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly struct AnyRank : IRank
{
    /// <inheritdoc/>
    public static int Value => 0;
}

internal readonly struct Rank4 : IRank
{
    public static int Value => 4;
}

internal readonly struct Rank8 : IRank
{
    public static int Value => 8;
}

internal readonly struct Rank16 : IRank
{
    public static int Value => 16;
}
