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
        float* x = _x + ((nint)row * _width);
        float* target = _target + ((nint)row * _width);
        fixed (float* cosines = _rotary.CosinesAt(position), sines = _rotary.SinesAt(position))
        {
            if (_rotary.Layout == RotaryLayout.HalfSplit)
            {
                TurnHalves(x, cosines, sines, target);
            }
            else
            {
                TurnPairs(x, cosines, sines, target);
            }
        }
    }

    private readonly void TurnHalves(float* x, float* cosines, float* sines, float* target)
    {
        var loop = new RotaryHalves
        {
            X = x,
            Target = target,
            Cosines = cosines,
            Sines = sines,
            Half = _rotary.HeadDim / 2,
            Width = _width,
            Direction = _direction,
            Overwrite = _overwrite,
        };
        Loop.Run(ref loop, 0, loop.Half);
    }

    private readonly void TurnPairs(float* x, float* cosines, float* sines, float* target)
    {
        for (int head = 0; head < _width; head += _rotary.HeadDim)
        {
            for (int i = 0; i < _rotary.HeadDim / 2; i++)
            {
                int first = head + (2 * i);
                TurnPair(x + first, cosines[i], sines[i] * _direction, target + first);
            }
        }
    }

    private readonly void TurnPair(float* x, float cosine, float sine, float* target)
    {
        float first = (x[0] * cosine) - (x[1] * sine);
        float second = (x[1] * cosine) + (x[0] * sine);
        target[0] = _overwrite ? first : target[0] + first;
        target[1] = _overwrite ? second : target[1] + second;
    }
}
