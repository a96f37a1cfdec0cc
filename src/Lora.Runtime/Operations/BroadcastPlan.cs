using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>
/// The walk over a result and three tensors that are repeated to its shape: a run of the innermost elements, in which each tensor either
/// advances or stays, at each position of the outer dimensions. Neighbouring dimensions in which the same tensors are repeated are one.
/// </summary>
internal struct BroadcastPlan
{
    private readonly Integers _sizes;
    private readonly Integers _firstStrides;
    private readonly Integers _secondStrides;
    private readonly Integers _thirdStrides;
    private Integers _position;
    private readonly int _count;
    private int _offset;
    private int _first;
    private int _second;
    private int _third;
    private bool _hasStarted;

    public BroadcastPlan(ReadOnlySpan<int> shape, ReadOnlySpan<int> first, ReadOnlySpan<int> second, ReadOnlySpan<int> third)
    {
        int firstLength = 1;
        int secondLength = 1;
        int thirdLength = 1;
        int previous = -1;
        bool isEmpty = false;
        for (int fromEnd = 1; fromEnd <= shape.Length; fromEnd++)
        {
            int size = shape[^fromEnd];
            isEmpty |= size == 0;
            bool repeatsFirst = IsRepeated(first, fromEnd, size);
            bool repeatsSecond = IsRepeated(second, fromEnd, size);
            bool repeatsThird = IsRepeated(third, fromEnd, size);
            if (size != 1)
            {
                int repeats = (repeatsFirst ? 1 : 0) | (repeatsSecond ? 2 : 0) | (repeatsThird ? 4 : 0);
                if (repeats == previous)
                {
                    _sizes[_count - 1] *= size;
                }
                else
                {
                    _sizes[_count] = size;
                    _firstStrides[_count] = repeatsFirst ? 0 : firstLength;
                    _secondStrides[_count] = repeatsSecond ? 0 : secondLength;
                    _thirdStrides[_count] = repeatsThird ? 0 : thirdLength;
                    _count++;
                    previous = repeats;
                }
            }

            firstLength *= repeatsFirst ? 1 : size;
            secondLength *= repeatsSecond ? 1 : size;
            thirdLength *= repeatsThird ? 1 : size;
        }

        if (_count == 0)
        {
            // Each has one element, which is not repeated.
            _sizes[0] = 1;
            _firstStrides[0] = 1;
            _secondStrides[0] = 1;
            _thirdStrides[0] = 1;
            _count = 1;
        }

        Run = _sizes[0];
        IsFirstRepeated = _firstStrides[0] == 0;
        IsSecondRepeated = _secondStrides[0] == 0;
        IsThirdRepeated = _thirdStrides[0] == 0;
        if (isEmpty)
        {
            _count = 0;
        }
    }

    /// <summary>The elements of one run.</summary>
    public int Run { get; }

    public bool IsFirstRepeated { get; }

    public bool IsSecondRepeated { get; }

    public bool IsThirdRepeated { get; }

    /// <summary>Goes to the next run; false after the last.</summary>
    public bool Next(out int offset, out int first, out int second, out int third)
    {
        bool isThere = _hasStarted ? Advance() : _count > 0;
        _hasStarted = true;
        offset = _offset;
        first = _first;
        second = _second;
        third = _third;
        return isThere;
    }

    private bool Advance()
    {
        _offset += Run;
        Span<int> position = _position;
        for (int i = 1; i < _count; i++)
        {
            _first += _firstStrides[i];
            _second += _secondStrides[i];
            _third += _thirdStrides[i];
            if (++position[i] < _sizes[i])
            {
                return true;
            }

            _first -= _firstStrides[i] * _sizes[i];
            _second -= _secondStrides[i] * _sizes[i];
            _third -= _thirdStrides[i] * _sizes[i];
            position[i] = 0;
        }

        return false;
    }

    private static bool IsRepeated(ReadOnlySpan<int> shape, int fromEnd, int size)
    {
        int own = fromEnd <= shape.Length ? shape[^fromEnd] : 1;
        if (own == size)
        {
            return false;
        }

        return own == 1 ? true : throw new ArgumentException(
            $"A tensor of shape {TensorShape.Describe(shape)} was given where it must broadcast to a dimension of {size}.");
    }

    [InlineArray(TensorShape.MaxRank)]
    private struct Integers
    {
        private int _first;
    }
}
