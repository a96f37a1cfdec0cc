using System.Numerics;
using System.Runtime.InteropServices;

namespace Lora;

/// <summary>The rows of <see cref="Nn.Rotary"/>, in parts of some rows: turned, or turned back.</summary>
internal unsafe struct RotaryRows : IParts
{
    private const int RowsPerPart = 16;

    /// <summary>About what one element costs, in floating-point operations at the speed of a product.</summary>
    private const double WorkPerElement = 24;

    private RotaryEmbedding _rotary;
    private float* _x;
    private float* _target;
    private int _rows;
    private int _rowsInSequence;
    private int _width;
    private int _position;
    private float _direction;
    private bool _overwrite;

    public static void Turn(Tensor x, RotaryEmbedding rotary, int position, float direction, Span<float> target, bool overwrite)
    {
        if (x.Length == 0)
        {
            return;
        }

        fixed (float* from = x.Span, to = target)
        {
            int width = x.Shape[^1];
            int rows = x.Length / width;
            var job = new RotaryRows
            {
                _rotary = rotary,
                _x = from,
                _target = to,
                _rows = rows,
                _rowsInSequence = x.Shape[^2],
                _width = width,
                _position = position,
                _direction = direction,
                _overwrite = overwrite,
            };
            Workers.Run(ref job, (rows + RowsPerPart - 1) / RowsPerPart, WorkPerElement * x.Length);
        }
    }

    public readonly void Run(int part)
    {
        int end = Math.Min(_rows, (part + 1) * RowsPerPart);
        for (int row = part * RowsPerPart; row < end; row++)
        {
            TurnRow(row);
        }
    }

    private readonly void TurnRow(int row)
    {
        int position = _position + (row % _rowsInSequence);
        ReadOnlySpan<float> cosines = _rotary.CosinesAt(position);
        ReadOnlySpan<float> sines = _rotary.SinesAt(position);
        int d = _rotary.HeadDim;
        nint start = (nint)row * _width;
        for (int head = 0; head < _width; head += d)
        {
            var x = new ReadOnlySpan<float>(_x + start + head, d);
            var target = new Span<float>(_target + start + head, d);
            if (_rotary.Layout == RotaryLayout.HalfSplit)
            {
                TurnHalves(x, cosines, sines, _direction, target, _overwrite);
            }
            else
            {
                TurnPairs(x, cosines, sines, _direction, target, _overwrite);
            }
        }
    }

    private static void TurnHalves(
        ReadOnlySpan<float> x, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, float direction, Span<float> target, bool overwrite)
    {
        int half = cosines.Length;
        ref float low = ref MemoryMarshal.GetReference(x);
        ref float lowTarget = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i <= half - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> first = Vector.LoadUnsafe(ref low, (nuint)i);
            Vector<float> second = Vector.LoadUnsafe(ref low, (nuint)(half + i));
            Vector<float> cosine = Vector.LoadUnsafe(ref MemoryMarshal.GetReference(cosines), (nuint)i);
            Vector<float> sine = Vector.LoadUnsafe(ref MemoryMarshal.GetReference(sines), (nuint)i) * direction;
            Vector<float> turnedFirst = (first * cosine) - (second * sine);
            Vector<float> turnedSecond = (second * cosine) + (first * sine);
            if (!overwrite)
            {
                turnedFirst += Vector.LoadUnsafe(ref lowTarget, (nuint)i);
                turnedSecond += Vector.LoadUnsafe(ref lowTarget, (nuint)(half + i));
            }

            turnedFirst.StoreUnsafe(ref lowTarget, (nuint)i);
            turnedSecond.StoreUnsafe(ref lowTarget, (nuint)(half + i));
        }

        for (; i < half; i++)
        {
            TurnPair(x[i], x[half + i], cosines[i], sines[i] * direction, ref target[i], ref target[half + i], overwrite);
        }
    }

    private static void TurnPairs(
        ReadOnlySpan<float> x, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, float direction, Span<float> target, bool overwrite)
    {
        for (int i = 0; i < cosines.Length; i++)
        {
            TurnPair(x[2 * i], x[(2 * i) + 1], cosines[i], sines[i] * direction, ref target[2 * i], ref target[(2 * i) + 1], overwrite);
        }
    }

    private static void TurnPair(float first, float second, float cosine, float sine, ref float firstTarget, ref float secondTarget, bool overwrite)
    {
        float turnedFirst = (first * cosine) - (second * sine);
        float turnedSecond = (second * cosine) + (first * sine);
        firstTarget = overwrite ? turnedFirst : firstTarget + turnedFirst;
        secondTarget = overwrite ? turnedSecond : secondTarget + turnedSecond;
    }
}
