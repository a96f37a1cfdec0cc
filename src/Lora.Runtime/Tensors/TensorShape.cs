using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>The dimensions of a tensor, held by value: at most <see cref="MaxRank"/> of them. <c>[2, 10, 768]</c> is one.</summary>
[CollectionBuilder(typeof(TensorShape), nameof(Create))]
public struct TensorShape : IEquatable<TensorShape>
{
    /// <summary>The largest number of dimensions.</summary>
    public const int MaxRank = 8;

    private Dimensions _dimensions;

    /// <summary>Creates a shape.</summary>
    /// <param name="dimensions">The dimensions, outermost first; each at least 0.</param>
    /// <exception cref="ArgumentException">More than <see cref="MaxRank"/> dimensions, a negative one, or more than <see cref="int.MaxValue"/> elements.</exception>
    public TensorShape(params ReadOnlySpan<int> dimensions)
    {
        if (dimensions.Length > MaxRank)
        {
            throw new ArgumentException($"A tensor has at most {MaxRank} dimensions; {dimensions.Length} were given.", nameof(dimensions));
        }

        long length = 1;
        for (int i = 0; i < dimensions.Length; i++)
        {
            if (dimensions[i] < 0)
            {
                throw new ArgumentException($"Dimension {i} is {dimensions[i]}; a dimension is at least 0.", nameof(dimensions));
            }

            length *= dimensions[i];
            if (length > int.MaxValue)
            {
                throw new ArgumentException($"A tensor of shape {Describe(dimensions)} has more than {int.MaxValue} elements.", nameof(dimensions));
            }
        }

        dimensions.CopyTo(_dimensions);
        Rank = dimensions.Length;
        Length = (int)length;
    }

    /// <summary>Creates a shape: what <c>[2, 10, 768]</c> stands for.</summary>
    /// <inheritdoc cref="TensorShape(ReadOnlySpan{int})"/>
    public static TensorShape Create(ReadOnlySpan<int> dimensions) => new(dimensions);

    /// <summary>The number of dimensions.</summary>
    public int Rank { get; }

    /// <summary>The number of elements.</summary>
    public int Length { get; }

    /// <summary>The dimension at an index from the start or the end.</summary>
    /// <param name="index">The position of the dimension.</param>
    public readonly int this[Index index] => AsSpan()[index];

    /// <summary>The dimensions, outermost first.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<int> AsSpan() => ((ReadOnlySpan<int>)_dimensions)[..Rank];

    /// <summary>Runs through the dimensions, outermost first.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<int>.Enumerator GetEnumerator() => AsSpan().GetEnumerator();

    /// <summary>The same shape with another last dimension.</summary>
    /// <param name="last">The new last dimension.</param>
    public readonly TensorShape WithLast(int last)
    {
        Dimensions dimensions = _dimensions;
        dimensions[Rank - 1] = last;
        return new TensorShape(((ReadOnlySpan<int>)dimensions)[..Rank]);
    }

    /// <inheritdoc/>
    public readonly bool Equals(TensorShape other) => AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode()
    {
        HashCode hash = default;
        foreach (int dimension in AsSpan())
        {
            hash.Add(dimension);
        }

        return hash.ToHashCode();
    }

    /// <summary>The shape as <c>[2, 10, 768]</c>.</summary>
    public override readonly string ToString() => Describe(AsSpan());

    /// <summary>Whether two shapes have the same dimensions.</summary>
    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    /// <summary>Whether two shapes differ in a dimension.</summary>
    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);

    internal static string Describe(ReadOnlySpan<int> dimensions) => $"[{string.Join(", ", dimensions.ToArray())}]";

    [InlineArray(MaxRank)]
    private struct Dimensions
    {
        private int _first;
    }
}
