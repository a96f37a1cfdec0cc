using System.Numerics.Tensors;

namespace Lora;

/// <summary>The rows of an <see cref="RmsNorm"/>, in parts of some rows: its result, or the gradient of its input.</summary>
internal unsafe struct RmsNormRows : IParts
{
    private const int RowsPerPart = 16;

    /// <summary>About what one element costs, in floating-point operations at the speed of a product.</summary>
    private const double WorkPerElement = 24;

    private float* _x;
    private float* _w;

    /// <summary>The gradient of the result; null for the result itself.</summary>
    private float* _g;

    /// <summary>1 over each row's root mean square, or null where nobody saves it.</summary>
    private float* _inverses;
    private float* _target;
    private int _rows;
    private int _width;
    private float _epsilon;
    private bool _overwrite;

    /// <summary>y = x / √(mean x² + ε) · w.</summary>
    public static void Normalize(
        ReadOnlySpan<float> x, ReadOnlySpan<float> w, Span<float> y, Span<float> inverses, int rows, int width, float epsilon)
    {
        fixed (float* from = x, weight = w, to = y, saved = inverses)
        {
            var job = new RmsNormRows { _x = from, _w = weight, _inverses = saved, _target = to, _rows = rows, _width = width, _epsilon = epsilon };
            job.Run();
        }
    }

    /// <summary>gradX = ∂L/∂x, or gradX += ∂L/∂x.</summary>
    public static void AddGradientOfInput(
        ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<float> g, ReadOnlySpan<float> inverses, Span<float> gradX, int rows, int width, bool overwrite)
    {
        fixed (float* from = x, weight = w, slope = g, saved = inverses, to = gradX)
        {
            var job = new RmsNormRows
            {
                _x = from,
                _w = weight,
                _g = slope,
                _inverses = saved,
                _target = to,
                _rows = rows,
                _width = width,
                _overwrite = overwrite,
            };
            job.Run();
        }
    }

    public readonly void Run(int part)
    {
        int end = Math.Min(_rows, (part + 1) * RowsPerPart);
        for (int row = part * RowsPerPart; row < end; row++)
        {
            if (_g == null)
            {
                Normalize(row);
            }
            else
            {
                AddGradient(row);
            }
        }
    }

    private void Run() => Workers.Run(ref this, (_rows + RowsPerPart - 1) / RowsPerPart, WorkPerElement * _rows * _width);

    private readonly void Normalize(int row)
    {
        ReadOnlySpan<float> x = RowOf(_x, row);
        float inverse = (float)(1 / Math.Sqrt(((double)TensorPrimitives.SumOfSquares(x) / _width) + _epsilon));
        Span<float> y = RowOf(_target, row);
        TensorPrimitives.Multiply(x, inverse, y);
        TensorPrimitives.Multiply(y, new ReadOnlySpan<float>(_w, _width), y);
        if (_inverses != null)
        {
            _inverses[row] = inverse;
        }
    }

    // With n = x·inverse and h = g·w: ∂L/∂x = inverse·(h − n·mean(h·n)).
    private readonly void AddGradient(int row)
    {
        ReadOnlySpan<float> x = RowOf(_x, row);
        float inverse = _inverses[row];
        Span<float> h = Scratch.Take(_width)[.._width];
        TensorPrimitives.Multiply(RowOf(_g, row), new ReadOnlySpan<float>(_w, _width), h);
        float factor = -inverse * inverse * (TensorPrimitives.Dot(h, x) / _width);
        TensorPrimitives.MultiplyAdd(x, factor, h, h);
        Span<float> target = RowOf(_target, row);
        if (_overwrite)
        {
            TensorPrimitives.Multiply(h, inverse, target);
        }
        else
        {
            TensorPrimitives.MultiplyAdd(h, inverse, target, target);
        }
    }

    private readonly Span<float> RowOf(float* rows, int row) => new(rows + ((nint)row * _width), _width);
}
