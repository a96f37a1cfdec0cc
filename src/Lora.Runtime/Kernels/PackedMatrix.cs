namespace Lora;

/// <summary>A frozen weight matrix W [rows, columns], stored in the order in which the products read it.</summary>
internal sealed class PackedMatrix
{
    private readonly float[] _values;

    public PackedMatrix(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
        _values = new float[rows * columns];
    }

    /// <summary>The number of output features.</summary>
    public int Rows { get; }

    /// <summary>The number of input features.</summary>
    public int Columns { get; }

    public long Bytes => (long)_values.Length * sizeof(float);

    /// <summary>Sets the matrix from row-major values.</summary>
    public void Set(ReadOnlySpan<float> rowMajor) => rowMajor.CopyTo(_values);

    /// <summary>Copies the matrix to row-major values.</summary>
    public void CopyTo(Span<float> rowMajor) => _values.CopyTo(rowMajor);

    /// <summary>Copies one row.</summary>
    public void CopyRowTo(int row, Span<float> destination) => _values.AsSpan(row * Columns, Columns).CopyTo(destination);

    /// <summary>y = x·Wᵀ (+ bias): x [count, columns], y [count, rows].</summary>
    public void Multiply(ReadOnlySpan<float> x, int count, Span<float> y, ReadOnlySpan<float> bias)
    {
        for (int i = 0; i < count; i++)
        {
            for (int row = 0; row < Rows; row++)
            {
                float sum = System.Numerics.Tensors.TensorPrimitives.Dot(x.Slice(i * Columns, Columns), _values.AsSpan(row * Columns, Columns));
                y[(i * Rows) + row] = bias.IsEmpty ? sum : sum + bias[row];
            }
        }
    }

    /// <summary>d = g·W, or d += g·W: g [count, rows], d [count, columns].</summary>
    public void MultiplyTransposed(ReadOnlySpan<float> g, int count, Span<float> d, bool add)
    {
        for (int i = 0; i < count; i++)
        {
            Span<float> target = d.Slice(i * Columns, Columns);
            if (!add)
            {
                target.Clear();
            }

            for (int row = 0; row < Rows; row++)
            {
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(_values.AsSpan(row * Columns, Columns), g[(i * Rows) + row], target, target);
            }
        }
    }
}
