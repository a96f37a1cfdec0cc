using System.Numerics.Tensors;

namespace Lora;

/// <summary>Operations between a matrix and one row.</summary>
internal static class Rows
{
    /// <summary>Adds one row to each of <paramref name="count"/> rows; an empty row adds nothing.</summary>
    public static void Add(Span<float> rows, int count, ReadOnlySpan<float> row)
    {
        if (row.IsEmpty)
        {
            return;
        }

        for (int i = 0; i < count; i++)
        {
            Span<float> target = rows.Slice(i * row.Length, row.Length);
            TensorPrimitives.Add(target, row, target);
        }
    }

    /// <summary>Adds the sum of <paramref name="count"/> rows to one row.</summary>
    public static void AddSumTo(ReadOnlySpan<float> rows, int count, Span<float> row)
    {
        for (int i = 0; i < count; i++)
        {
            TensorPrimitives.Add(row, rows.Slice(i * row.Length, row.Length), row);
        }
    }
}
