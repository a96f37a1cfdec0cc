using System.Numerics.Tensors;

namespace Lora;

/// <summary>
/// Element-wise operations of two tensors by NumPy's broadcasting: shapes are aligned at their last dimensions, and a dimension of 1 is repeated.
/// </summary>
internal static unsafe class Broadcast
{
    public static TensorShape Shape(Tensor a, Tensor b, string operation)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.FullShape == b.FullShape)
        {
            return a.FullShape;
        }

        int rank = Math.Max(a.Rank, b.Rank);
        Span<int> dimensions = stackalloc int[TensorShape.MaxRank];
        for (int fromEnd = 1; fromEnd <= rank; fromEnd++)
        {
            int first = Dimension(a.Shape, fromEnd);
            int second = Dimension(b.Shape, fromEnd);
            if (first != second && first != 1 && second != 1)
            {
                throw new ArgumentException(
                    $"{operation} was given the shapes {a.FullShape} and {b.FullShape}, which do not broadcast: counted from the end, dimension {fromEnd} is "
                    + $"{first} and {second}. They must be equal, or one of them 1.");
            }

            dimensions[rank - fromEnd] = first == 1 ? second : first;
        }

        return new TensorShape(dimensions[..rank]);
    }

    /// <summary>result = f(a, b). The result may be an input of its shape.</summary>
    public static void Map<TMap>(Tensor a, Tensor b, Tensor result, string operation)
        where TMap : struct, IMap2
    {
        CheckResult(a, b, result, operation);
        if (a.FullShape == b.FullShape)
        {
            Elementwise.Map<TMap>(a.Span, b.Span, result.Span);
            return;
        }

        var plan = new BroadcastPlan(result.Shape, a.Shape, b.Shape, result.Shape);
        Run<Map2Of<TMap>>(ref plan, a.Span, b.Span, result.Span, result.Span, overwrite: true);
    }

    /// <summary>gradient += f(a, b, g), summed over the dimensions in which the gradient's tensor was repeated; a and b broadcast to the shape of g.</summary>
    public static void Accumulate<TMap>(Tensor a, Tensor b, Tensor g, Tensor? gradient)
        where TMap : struct, IMap3
    {
        if (gradient is null)
        {
            return;
        }

        if (gradient.FullShape == g.FullShape && a.FullShape == g.FullShape && b.FullShape == g.FullShape)
        {
            Elementwise.Accumulate<TMap>(a, b, g, gradient);
            return;
        }

        var plan = new BroadcastPlan(g.Shape, a.Shape, b.Shape, gradient.Shape);
        Run<TMap>(ref plan, a.Span, b.Span, g.Span, gradient.Span, overwrite: false);
    }

    /// <summary>gradient += sign · g, summed over the dimensions in which the gradient's tensor was repeated.</summary>
    public static void AccumulateSum(Tensor g, float sign, Tensor? gradient)
    {
        if (gradient is null)
        {
            return;
        }

        if (gradient.FullShape == g.FullShape)
        {
            if (sign == 1)
            {
                Elementwise.Accumulate(g, gradient);
            }
            else
            {
                Elementwise.AccumulateScaled(g, sign, gradient);
            }

            return;
        }

        var plan = new BroadcastPlan(g.Shape, g.Shape, g.Shape, gradient.Shape);
        ReadOnlySpan<float> gSpan = g.Span;
        Span<float> target = gradient.Span;
        int run = plan.Run;
        while (plan.Next(out int offset, out _, out _, out int targetOffset))
        {
            ReadOnlySpan<float> source = gSpan.Slice(offset, run);
            if (plan.IsThirdRepeated)
            {
                target[targetOffset] += sign * TensorPrimitives.Sum(source);
            }
            else
            {
                Span<float> slice = target.Slice(targetOffset, run);
                TensorPrimitives.MultiplyAdd(source, sign, slice, slice);
            }
        }
    }

    private static void CheckResult(Tensor a, Tensor b, Tensor result, string operation)
    {
        TensorShape shape = Shape(a, b, operation);
        if (result.FullShape != shape)
        {
            throw new ArgumentException($"{operation} of {a.FullShape} and {b.FullShape} has a result of shape {shape}; it was given {result.FullShape}.", nameof(result));
        }
    }

    private static int Dimension(ReadOnlySpan<int> shape, int fromEnd) => fromEnd <= shape.Length ? shape[^fromEnd] : 1;

    private static void Run<TMap>(
        ref BroadcastPlan plan, ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> g, Span<float> target, bool overwrite)
        where TMap : struct, IMap3
    {
        fixed (float* first = a, second = b, gradient = g, to = target)
        {
            while (plan.Next(out int offset, out int aOffset, out int bOffset, out int targetOffset))
            {
                var run = new BroadcastRun<TMap>
                {
                    A = first + aOffset,
                    IsARepeated = plan.IsFirstRepeated,
                    B = second + bOffset,
                    IsBRepeated = plan.IsSecondRepeated,
                    G = gradient + offset,
                    Target = to + targetOffset,
                    IsTargetRepeated = plan.IsThirdRepeated,
                    Overwrite = overwrite,
                };
                Loop.Run(ref run, 0, plan.Run);
            }
        }
    }
}
