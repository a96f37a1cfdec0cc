using System.Numerics;
using System.Runtime.InteropServices;

namespace Lora;

/// <summary>Exponentials of one row, shifted so that they cannot overflow.</summary>
internal static class Exponentials
{
    // Partial sums of this many elements are made in float lanes and added up in double.
    private const int Block = 1024;

    /// <summary>Writes exp(x − shift), and returns the sum.</summary>
    public static double Write(ReadOnlySpan<float> x, float shift, Span<float> result)
    {
        double sum = 0;
        for (int start = 0; start < x.Length; start += Block)
        {
            int length = Math.Min(Block, x.Length - start);
            sum += WriteBlock(x.Slice(start, length), shift, result.Slice(start, length));
        }

        return sum;
    }

    /// <summary>The sum of exp(x − shift).</summary>
    public static double Sum(ReadOnlySpan<float> x, float shift)
    {
        double sum = 0;
        for (int start = 0; start < x.Length; start += Block)
        {
            sum += SumBlock(x.Slice(start, Math.Min(Block, x.Length - start)), shift);
        }

        return sum;
    }

    /// <summary>result += factor · exp(x − shift).</summary>
    public static void Add(ReadOnlySpan<float> x, float shift, float factor, Span<float> result)
    {
        int width = Vector<float>.Count;
        var shifts = new Vector<float>(shift);
        var factors = new Vector<float>(factor);
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            Vector<float> exponential = Functions.Exp(Load(x, i) - shifts);
            Vector.FusedMultiplyAdd(exponential, factors, Load(result, i)).CopyTo(result[i..]);
        }

        if (i < x.Length)
        {
            Vector<float> exponential = Functions.Exp(Elementwise.LoadPartial(x[i..]) - shifts);
            Vector<float> sum = Vector.FusedMultiplyAdd(exponential, factors, Elementwise.LoadPartial(result[i..x.Length]));
            Elementwise.StorePartial(sum, result[i..x.Length]);
        }
    }

    /// <summary>result = factor · exp(x − shift), where both may be one memory.</summary>
    public static void Write(ReadOnlySpan<float> x, float shift, float factor, Span<float> result)
    {
        int width = Vector<float>.Count;
        var shifts = new Vector<float>(shift);
        var factors = new Vector<float>(factor);
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            (Functions.Exp(Load(x, i) - shifts) * factors).CopyTo(result[i..]);
        }

        if (i < x.Length)
        {
            Elementwise.StorePartial(Functions.Exp(Elementwise.LoadPartial(x[i..]) - shifts) * factors, result[i..x.Length]);
        }
    }

    private static float WriteBlock(ReadOnlySpan<float> x, float shift, Span<float> result)
    {
        int width = Vector<float>.Count;
        var shifts = new Vector<float>(shift);
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            Vector<float> exponential = Functions.Exp(Load(x, i) - shifts);
            exponential.CopyTo(result[i..]);
            sums += exponential;
        }

        float sum = Vector.Sum(sums);
        if (i < x.Length)
        {
            Elementwise.StorePartial(Functions.Exp(Elementwise.LoadPartial(x[i..]) - shifts), result[i..x.Length]);
            for (; i < x.Length; i++)
            {
                sum += result[i];
            }
        }

        return sum;
    }

    private static float SumBlock(ReadOnlySpan<float> x, float shift)
    {
        int width = Vector<float>.Count;
        var shifts = new Vector<float>(shift);
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= x.Length - width; i += width)
        {
            sums += Functions.Exp(Load(x, i) - shifts);
        }

        float sum = Vector.Sum(sums);
        if (i < x.Length)
        {
            Vector<float> rest = Functions.Exp(Elementwise.LoadPartial(x[i..]) - shifts);
            for (int lane = 0; lane < x.Length - i; lane++)
            {
                sum += rest[lane];
            }
        }

        return sum;
    }

    private static Vector<float> Load(ReadOnlySpan<float> values, int offset) => Vector.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)offset);
}
