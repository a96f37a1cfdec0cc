namespace Lora;

internal sealed partial class PackedMatrix
{
    /// <summary>y = x·Wᵀ (+ bias): x [count, columns], y [count, rows].</summary>
    public void Multiply(ReadOnlySpan<float> x, int count, Span<float> y, ReadOnlySpan<float> bias) => Multiply(x, count, y, bias, default);

    /// <summary>y = x·Wᵀ (+ bias) + scale·h·B: h [count, rank], B [rank, rows].</summary>
    public unsafe void Multiply(
        ReadOnlySpan<float> x, int count, Span<float> y, ReadOnlySpan<float> bias, ReadOnlySpan<float> h, ReadOnlySpan<float> b, float scale, int rank)
    {
        CheckLengths(h.Length, count * rank, b.Length, rank * Rows);
        fixed (float* hidden = h, up = b, panels = Scratch.TakePacked(LowRankUpdate.LengthFor(rank, Rows)))
        {
            Multiply(x, count, y, bias, LowRankUpdate.Of(hidden, up, scale, rank, Rows, panels));
        }
    }

    /// <summary>d = g·W, or d += g·W: g [count, rows], d [count, columns].</summary>
    public void MultiplyTransposed(ReadOnlySpan<float> g, int count, Span<float> d, bool add) => MultiplyTransposed(g, count, d, add, default);

    /// <summary>d = g·W + gradH·Aᵀ, or d += g·W + gradH·Aᵀ: gradH [count, rank], A [columns, rank].</summary>
    public unsafe void MultiplyTransposed(
        ReadOnlySpan<float> g, int count, Span<float> d, bool add, ReadOnlySpan<float> gradH, ReadOnlySpan<float> a, int rank)
    {
        CheckLengths(gradH.Length, count * rank, a.Length, Columns * rank);
        fixed (float* hidden = gradH, down = a, panels = Scratch.TakePacked(LowRankUpdate.LengthFor(rank, Columns)))
        {
            MultiplyTransposed(g, count, d, add, LowRankUpdate.OfTransposed(hidden, down, rank, Columns, panels));
        }
    }

    private unsafe void Multiply(ReadOnlySpan<float> x, int count, Span<float> y, ReadOnlySpan<float> bias, in LowRankUpdate update)
    {
        CheckLengths(x.Length, count * Columns, y.Length, count * Rows);
        if (!bias.IsEmpty && bias.Length != Rows)
        {
            throw new ArgumentException($"The bias has {bias.Length} values; the matrix has {Rows} rows.", nameof(bias));
        }

        fixed (float* input = x, packed = _memory.Span(_length), output = y, added = bias)
        {
            new PackedProduct { Weights = new(Panels(packed), transposed: false), X = input, Y = output, Bias = added, Count = count, Update = update }.Run();
        }

        GC.KeepAlive(_memory);
    }

    private unsafe void MultiplyTransposed(ReadOnlySpan<float> g, int count, Span<float> d, bool add, in LowRankUpdate update)
    {
        CheckLengths(g.Length, count * Rows, d.Length, count * Columns);
        fixed (float* packed = _memory.Span(_length), source = g, target = d)
        {
            PackedPanels panels = Panels(packed);
            if (count <= FewExamples && panels.IsFloat32)
            {
                new TransposedDots { Matrix = panels, G = source, D = target, Count = count, Add = add, Update = update }.Run();
            }
            else
            {
                new PackedProduct { Weights = new(panels, transposed: true), X = source, Y = target, Count = count, Add = add, Update = update }.Run();
            }
        }

        GC.KeepAlive(_memory);
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
