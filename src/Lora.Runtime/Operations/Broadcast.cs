using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lora;

/// <summary>
/// Element-wise operations of two tensors by NumPy's broadcasting: shapes are aligned at their last dimensions, and a dimension of 1 is repeated.
/// </summary>
internal static class Broadcast
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
        ReadOnlySpan<float> aSpan = a.Span;
        ReadOnlySpan<float> bSpan = b.Span;
        Span<float> resultSpan = result.Span;
        int run = plan.Run;
        while (plan.Next(out int offset, out int aOffset, out int bOffset, out _))
        {
            MapRun<TMap>(
                aSpan[aOffset..], plan.IsFirstRepeated, bSpan[bOffset..], plan.IsSecondRepeated, resultSpan.Slice(offset, run));
        }
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
        ReadOnlySpan<float> aSpan = a.Span;
        ReadOnlySpan<float> bSpan = b.Span;
        ReadOnlySpan<float> gSpan = g.Span;
        Span<float> target = gradient.Span;
        int run = plan.Run;
        while (plan.Next(out int offset, out int aOffset, out int bOffset, out int targetOffset))
        {
            ReadOnlySpan<float> ga = aSpan[aOffset..];
            ReadOnlySpan<float> gb = bSpan[bOffset..];
            ReadOnlySpan<float> gg = gSpan.Slice(offset, run);
            if (plan.IsThirdRepeated)
            {
                target[targetOffset] += SumRun<TMap>(ga, plan.IsFirstRepeated, gb, plan.IsSecondRepeated, gg);
            }
            else
            {
                AddRun<TMap>(ga, plan.IsFirstRepeated, gb, plan.IsSecondRepeated, gg, target.Slice(targetOffset, run));
            }
        }
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

    private static void MapRun<TMap>(ReadOnlySpan<float> a, bool repeatA, ReadOnlySpan<float> b, bool repeatB, Span<float> result)
        where TMap : struct, IMap2
    {
        int width = Vector<float>.Count;
        int i = 0;
        for (; i <= result.Length - width; i += width)
        {
            TMap.Of(Load(a, i, repeatA), Load(b, i, repeatB)).CopyTo(result[i..]);
        }

        if (i < result.Length)
        {
            int rest = result.Length - i;
            Elementwise.StorePartial(TMap.Of(LoadPartial(a, i, rest, repeatA), LoadPartial(b, i, rest, repeatB)), result[i..]);
        }
    }

    private static void AddRun<TMap>(
        ReadOnlySpan<float> a, bool repeatA, ReadOnlySpan<float> b, bool repeatB, ReadOnlySpan<float> g, Span<float> target)
        where TMap : struct, IMap3
    {
        int width = Vector<float>.Count;
        int i = 0;
        for (; i <= target.Length - width; i += width)
        {
            (Load(target, i, false) + TMap.Of(Load(a, i, repeatA), Load(b, i, repeatB), Load(g, i, false))).CopyTo(target[i..]);
        }

        if (i < target.Length)
        {
            int rest = target.Length - i;
            Vector<float> value = TMap.Of(LoadPartial(a, i, rest, repeatA), LoadPartial(b, i, rest, repeatB), LoadPartial(g, i, rest, false));
            Elementwise.StorePartial(Elementwise.LoadPartial(target[i..]) + value, target[i..]);
        }
    }

    private static float SumRun<TMap>(ReadOnlySpan<float> a, bool repeatA, ReadOnlySpan<float> b, bool repeatB, ReadOnlySpan<float> g)
        where TMap : struct, IMap3
    {
        int width = Vector<float>.Count;
        Vector<float> sum = Vector<float>.Zero;
        int i = 0;
        for (; i <= g.Length - width; i += width)
        {
            sum += TMap.Of(Load(a, i, repeatA), Load(b, i, repeatB), Load(g, i, false));
        }

        float total = Vector.Sum(sum);
        if (i < g.Length)
        {
            int rest = g.Length - i;
            Vector<float> value = TMap.Of(LoadPartial(a, i, rest, repeatA), LoadPartial(b, i, rest, repeatB), LoadPartial(g, i, rest, false));
            for (int lane = 0; lane < rest; lane++)
            {
                total += value[lane];
            }
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Load(ReadOnlySpan<float> values, int offset, bool repeat) =>
        repeat ? new Vector<float>(values[0]) : Vector.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)offset);

    private static Vector<float> LoadPartial(ReadOnlySpan<float> values, int offset, int count, bool repeat) =>
        repeat ? new Vector<float>(values[0]) : Elementwise.LoadPartial(values.Slice(offset, count));
}
