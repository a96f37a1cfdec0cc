using System.Numerics;

namespace Lora;

/// <summary>A function of the difference of two elements, in double.</summary>
internal interface IDifferenceMap
{
    static abstract Vector<double> Of(Vector<double> difference);
}

/// <summary>Σ f(x − y) in double, in stretches of elements whose sums are added in their order.</summary>
internal unsafe struct DifferenceSum<TMap> : IParts
    where TMap : struct, IDifferenceMap
{
    private const int LeastPartLength = 8192;
    private const int MostParts = 512;

    /// <summary>About what one element costs, in floating-point operations at the speed of a product.</summary>
    private const double WorkPerElement = 32;

    private float* _x;
    private float* _y;
    private double* _sums;
    private int _length;
    private int _partLength;

    public static double Of(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        int partLength = Blocks.Even(x.Length, Math.Max(LeastPartLength, (x.Length + MostParts - 1) / MostParts), multiple: 16);
        int parts = (x.Length + partLength - 1) / partLength;
        double* sums = stackalloc double[parts];
        fixed (float* xs = x, ys = y)
        {
            var job = new DifferenceSum<TMap> { _x = xs, _y = ys, _sums = sums, _length = x.Length, _partLength = partLength };
            Workers.Run(ref job, parts, WorkPerElement * x.Length);
        }

        double sum = 0;
        for (int part = 0; part < parts; part++)
        {
            sum += sums[part];
        }

        return sum;
    }

    public readonly void Run(int part)
    {
        int width = Vector<float>.Count;
        int i = part * _partLength;
        int end = Math.Min(_length, i + _partLength);
        Vector<double> low = Vector<double>.Zero;
        Vector<double> high = Vector<double>.Zero;
        for (; i <= end - width; i += width)
        {
            Vector.Widen(Vector.Load(_x + i), out Vector<double> xLow, out Vector<double> xHigh);
            Vector.Widen(Vector.Load(_y + i), out Vector<double> yLow, out Vector<double> yHigh);
            low += TMap.Of(xLow - yLow);
            high += TMap.Of(xHigh - yHigh);
        }

        double sum = Vector.Sum(low + high);
        for (; i < end; i++)
        {
            sum += TMap.Of(new Vector<double>((double)_x[i] - _y[i]))[0];
        }

        _sums[part] = sum;
    }
}
