namespace Lora;

internal sealed partial class PackedMatrix
{
    /// <summary>y = x·Wᵀ (+ bias): x [count, columns], y [count, rows].</summary>
    public unsafe void Multiply(ReadOnlySpan<float> x, int count, Span<float> y, ReadOnlySpan<float> bias)
    {
        CheckLengths(x.Length, count * Columns, y.Length, count * Rows);
        if (!bias.IsEmpty && bias.Length != Rows)
        {
            throw new ArgumentException($"The bias has {bias.Length} values; the matrix has {Rows} rows.", nameof(bias));
        }

        fixed (float* input = x, packed = _memory.Span(_length), output = y, added = bias)
        {
            new PackedProduct { Weights = new(Panels(packed), transposed: false), X = input, Y = output, Bias = added, Count = count }.Run();
        }
    }

    /// <summary>d = g·W, or d += g·W: g [count, rows], d [count, columns].</summary>
    public unsafe void MultiplyTransposed(ReadOnlySpan<float> g, int count, Span<float> d, bool add)
    {
        CheckLengths(g.Length, count * Rows, d.Length, count * Columns);
        fixed (float* packed = _memory.Span(_length), source = g, target = d)
        {
            PackedPanels panels = Panels(packed);
            if (count <= FewExamples)
            {
                new TransposedDots { Matrix = panels, G = source, D = target, Count = count, Add = add }.Run();
            }
            else
            {
                new PackedProduct { Weights = new(panels, transposed: true), X = source, Y = target, Count = count, Add = add }.Run();
            }
        }
    }

    private static void CheckLengths(int input, int expectedInput, int output, int expectedOutput)
    {
        if (input != expectedInput || output != expectedOutput)
        {
            throw new ArgumentException(
                $"The product takes {expectedInput} values and gives {expectedOutput}; it was given {input} and room for {output}.");
        }
    }
}
