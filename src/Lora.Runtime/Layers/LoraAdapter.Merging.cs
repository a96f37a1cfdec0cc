using System.Numerics.Tensors;

namespace Lora;

public sealed partial class LoraAdapter
{
    /// <summary>
    /// Makes row-major weights W those that give what W and the adapter give: <c>W + scaling·A·B</c>, or with its transpose, and for DoRA with the norms
    /// that were trained. The sums run in double precision, where the products are exact, and each weight is rounded once.
    /// </summary>
    /// <param name="weights">W: [in, out], or [out, in] where it is transposed.</param>
    /// <param name="transposed">Which of the two W is.</param>
    internal void FoldInto(Span<float> weights, bool transposed)
    {
        int inputs = A.Shape[0];
        int features = B.Shape[1];
        Delta delta = transposed
            ? new Delta(B.Span, 1, features, ByRank(A.Span, inputs, Rank, 1), inputs, Scaling)
            : new Delta(A.Span, Rank, 1, ByRank(B.Span, features, 1, features), features, Scaling);
        int rows = transposed ? features : inputs;
        double[] row = new double[delta.Columns];
        double[] scales = ScalesOf(weights, delta, rows, transposed);
        for (int i = 0; i < rows; i++)
        {
            Span<float> target = weights.Slice(i * delta.Columns, delta.Columns);
            delta.AddTo(target, i, row);
            if (transposed && scales.Length > 0)
            {
                TensorPrimitives.Multiply(row, scales[i], row);
            }
            else if (scales.Length > 0)
            {
                TensorPrimitives.Multiply(row, scales, row);
            }

            TensorPrimitives.ConvertTruncating<double, float>(row, target);
        }
    }

    // What each output feature is multiplied by; none without a magnitude.
    private double[] ScalesOf(ReadOnlySpan<float> weights, Delta delta, int rows, bool transposed)
    {
        if (Magnitude is not { } magnitude)
        {
            return [];
        }

        double[] scales = new double[magnitude.Value.Length];
        double[] row = new double[delta.Columns];
        for (int i = 0; i < rows; i++)
        {
            delta.AddTo(weights.Slice(i * delta.Columns, delta.Columns), i, row);
            if (transposed)
            {
                scales[i] = TensorPrimitives.SumOfSquares<double>(row);
            }
            else
            {
                TensorPrimitives.MultiplyAdd(row, row, scales, scales);
            }
        }

        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = scales[i] > 0 ? magnitude.Span[i] / Math.Sqrt(scales[i]) : 1;
        }

        return scales;
    }

    // One factor as [rank, length], in double precision.
    private double[] ByRank(ReadOnlySpan<float> factor, int length, int stride, int rankStride)
    {
        double[] values = new double[Rank * length];
        for (int r = 0; r < Rank; r++)
        {
            for (int i = 0; i < length; i++)
            {
                values[(r * length) + i] = factor[(i * stride) + (r * rankStride)];
            }
        }

        return values;
    }

    // scaling · the product of two factors, row by row.
    private readonly ref struct Delta(ReadOnlySpan<float> left, int stride, int rankStride, double[] right, int columns, double scaling)
    {
        private readonly ReadOnlySpan<float> _left = left;
        private readonly int _stride = stride;
        private readonly int _rankStride = rankStride;
        private readonly double[] _right = right;
        private readonly double[] _delta = new double[columns];
        private readonly double _scaling = scaling;

        public int Columns { get; } = columns;

        /// <summary>row = the weights' row i + the delta's.</summary>
        public void AddTo(ReadOnlySpan<float> weights, int i, double[] row)
        {
            Array.Clear(_delta);
            for (int r = 0; r < _right.Length / Columns; r++)
            {
                TensorPrimitives.MultiplyAdd(_right.AsSpan(r * Columns, Columns), _left[(i * _stride) + (r * _rankStride)], _delta, _delta);
            }

            TensorPrimitives.ConvertTruncating<float, double>(weights, row);
            TensorPrimitives.MultiplyAdd(_delta, _scaling, row, row);
        }
    }
}
