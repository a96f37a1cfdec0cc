namespace Lora;

/// <summary>
/// The keys and values of the positions that an attention has seen, so that a longer text costs only its new positions. Its memory is taken once.
/// </summary>
public sealed class KeyValueCache
{
    private readonly Tensor _keys;
    private readonly Tensor _values;

    /// <summary>Creates an empty cache of one sequence.</summary>
    /// <param name="capacity">The most positions.</param>
    /// <param name="width">The width of the keys and of the values of one position: key heads · d.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is less than 1.</exception>
    public KeyValueCache(int capacity, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        _keys = Tensor.Uninitialized(new TensorShape(1, capacity, width));
        _values = Tensor.Uninitialized(new TensorShape(1, capacity, width));
    }

    /// <summary>The most positions.</summary>
    public int Capacity => _keys.Shape[1];

    /// <summary>The width of the keys and of the values of one position.</summary>
    public int Width => _keys.Shape[2];

    /// <summary>The positions seen so far.</summary>
    public int Length { get; private set; }

    /// <summary>Adds the keys and values of the next positions.</summary>
    /// <param name="keys">[1, t, width].</param>
    /// <param name="values">[1, t, width].</param>
    /// <returns>Those of all positions so far, each [1, length, width]: views of the cache, valid until its next change.</returns>
    /// <exception cref="ArgumentException">The shapes are others.</exception>
    /// <exception cref="InvalidOperationException">There is no room for so many.</exception>
    public (Tensor Keys, Tensor Values) Append(Tensor keys, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(values);
        if (keys.Rank != 3 || keys.Shape[0] != 1 || keys.Shape[2] != Width || values.FullShape != keys.FullShape)
        {
            throw new ArgumentException(
                $"A cache of width {Width} takes keys and values of shape [1, t, {Width}]; it was given {keys.FullShape} and {values.FullShape}.", nameof(keys));
        }

        int count = keys.Shape[1];
        if (count > Capacity - Length)
        {
            throw new InvalidOperationException(
                $"The cache has room for {Capacity} positions and holds {Length}; {count} more do not fit. Make it larger, or truncate it.");
        }

        keys.Span.CopyTo(_keys.Span[(Length * Width)..]);
        values.Span.CopyTo(_values.Span[(Length * Width)..]);
        Length += count;
        var shape = new TensorShape(1, Length, Width);
        return (new Tensor(shape, _keys.Memory), new Tensor(shape, _values.Memory));
    }

    /// <summary>Forgets the positions from one on.</summary>
    /// <param name="length">The positions that stay.</param>
    /// <exception cref="ArgumentOutOfRangeException">The cache does not hold so many.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }
}
