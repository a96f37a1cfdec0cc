namespace Lora;

public readonly struct TensorShape : IEquatable<TensorShape>
{
    private readonly int[] _dimensions;

    public TensorShape(params ReadOnlySpan<int> dimensions) => _dimensions = dimensions.ToArray();

    public int Rank => _dimensions.Length;

    public int Length
    {
        get
        {
            int length = 1;
            foreach (int dimension in _dimensions)
            {
                length *= dimension;
            }

            return length;
        }
    }

    public int this[Index index] => _dimensions[index];

    public ReadOnlySpan<int> AsSpan() => _dimensions;

    public TensorShape WithLast(int last) => new([.. _dimensions.AsSpan(0, Rank - 1), last]);

    public bool Equals(TensorShape other) => AsSpan().SequenceEqual(other.AsSpan());

    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    public override int GetHashCode() => Length;

    public override string ToString() => $"[{string.Join(", ", _dimensions)}]";

    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);
}
