using System.Runtime.InteropServices;

namespace Lora;

/// <summary>The rows of <see cref="Nn.CrossEntropy(Tensor, ReadOnlySpan{int}, int)"/>, in parts of some rows: their losses, or their gradients.</summary>
internal unsafe struct CrossEntropyRows : IParts
{
    private const int ElementsPerPart = 16_384;

    /// <summary>About what one element costs, in floating-point operations at the speed of a product.</summary>
    private const double WorkPerElement = 32;

    private float* _x;
    private int* _targets;
    private int _rows;
    private int _classes;
    private int _ignoreIndex;

    /// <summary>Each row's largest logit, and 1 over the sum of the exponentials of the distances to it; null where nobody reads them.</summary>
    private float* _statistics;

    /// <summary>Where the rows' losses go; null for gradients.</summary>
    private double* _losses;
    private float* _gradient;
    private float _scale;
    private bool _overwrite;

    /// <summary>The sum of the losses of the rows that count.</summary>
    public static double Sum(ReadOnlySpan<float> x, ReadOnlySpan<int> targets, int ignoreIndex, Span<float> statistics)
    {
        Span<double> losses = MemoryMarshal.Cast<float, double>(Scratch.Take(2 * targets.Length));
        fixed (float* logits = x, saved = statistics)
        fixed (int* ids = targets)
        fixed (double* to = losses)
        {
            var job = new CrossEntropyRows
            {
                _x = logits,
                _targets = ids,
                _rows = targets.Length,
                _classes = x.Length / targets.Length,
                _ignoreIndex = ignoreIndex,
                _statistics = saved,
                _losses = to,
            };
            job.Run();
        }

        double sum = 0;
        for (int row = 0; row < targets.Length; row++)
        {
            sum += losses[row];
        }

        return sum;
    }

    /// <summary>gradient += scale · (softmax less 1 at the target), or that alone. It may lie in the memory of the logits.</summary>
    public static void AddGradient(
        ReadOnlySpan<float> x, ReadOnlySpan<int> targets, int ignoreIndex, ReadOnlySpan<float> statistics, float scale, Span<float> gradient, bool overwrite)
    {
        fixed (float* logits = x, saved = statistics, to = gradient)
        fixed (int* ids = targets)
        {
            var job = new CrossEntropyRows
            {
                _x = logits,
                _targets = ids,
                _rows = targets.Length,
                _classes = x.Length / targets.Length,
                _ignoreIndex = ignoreIndex,
                _statistics = saved,
                _gradient = to,
                _scale = scale,
                _overwrite = overwrite,
            };
            job.Run();
        }
    }

    public readonly void Run(int part)
    {
        int rowsPerPart = RowsPerPart;
        int end = Math.Min(_rows, (part + 1) * rowsPerPart);
        for (int row = part * rowsPerPart; row < end; row++)
        {
            if (_losses != null)
            {
                _losses[row] = Loss(row);
            }
            else
            {
                AddGradient(row);
            }
        }
    }

    private readonly int RowsPerPart => Math.Max(1, ElementsPerPart / _classes);

    private void Run() => Workers.Run(ref this, (_rows + RowsPerPart - 1) / RowsPerPart, WorkPerElement * _rows * _classes);

    private readonly double Loss(int row)
    {
        double exponentials = 0;
        float largest = 0;
        double loss = 0;
        if (_targets[row] != _ignoreIndex)
        {
            ReadOnlySpan<float> x = new(_x + ((nint)row * _classes), _classes);
            largest = Exponentials.Largest(x);
            exponentials = Exponentials.Sum(x, largest);
            loss = Math.Log(exponentials) - ((double)x[_targets[row]] - largest);
        }

        if (_statistics != null)
        {
            _statistics[2 * row] = largest;
            _statistics[(2 * row) + 1] = exponentials == 0 ? 0 : (float)(1 / exponentials);
        }

        return loss;
    }

    private readonly void AddGradient(int row)
    {
        var gradient = new Span<float>(_gradient + ((nint)row * _classes), _classes);
        if (_targets[row] == _ignoreIndex)
        {
            if (_overwrite)
            {
                gradient.Clear();
            }

            return;
        }

        var x = new ReadOnlySpan<float>(_x + ((nint)row * _classes), _classes);
        float factor = _scale * _statistics[(2 * row) + 1];
        if (_overwrite)
        {
            Exponentials.Write(x, _statistics[2 * row], factor, gradient);
        }
        else
        {
            Exponentials.Add(x, _statistics[2 * row], factor, gradient);
        }

        gradient[_targets[row]] -= _scale;
    }
}
