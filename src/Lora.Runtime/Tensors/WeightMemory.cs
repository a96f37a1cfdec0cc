namespace Lora;

/// <summary>
/// The memory of one frozen matrix: a part of a <see cref="WeightPiece"/>, which has it back once nothing refers to this object. Matrices of less
/// than 1 MiB, and those that no two fit into a piece of, have memory of their own.
/// </summary>
/// <remarks>Who works in it with pointers keeps it alive until the end: pinning holds the piece alone.</remarks>
internal sealed class WeightMemory
{
    private const int LeastLength = 1 << 18;
    private const int MostLength = WeightPiece.Length / 2;

    private static readonly List<WeakReference<WeightPiece>> _pieces = [];

    private readonly TensorMemory _memory;
    private readonly WeightPiece? _piece;
    private readonly int _start;
    private readonly int _taken;

    /// <summary>Takes memory that is about to be written.</summary>
    public WeightMemory(int length)
    {
        if (length is >= LeastLength and <= MostLength)
        {
            _taken = TensorMemory.Aligned(length);
            (_piece, _start) = Take(_taken);
            _memory = _piece.Part(_start, length);
            return;
        }

        GC.SuppressFinalize(this);
        _memory = TensorMemory.Allocate(length);
        if (length > MostLength)
        {
            HugePages.AskFor(_memory.Span(length));
        }
    }

    ~WeightMemory()
    {
        if (_piece is { } piece)
        {
            lock (_pieces)
            {
                piece.GiveBack(_start, _taken);
            }
        }
    }

    public Span<float> Span(int length) => _memory.Span(length);

    private static (WeightPiece Piece, int Start) Take(int length)
    {
        lock (_pieces)
        {
            for (int i = _pieces.Count - 1; i >= 0; i--)
            {
                if (!_pieces[i].TryGetTarget(out WeightPiece? piece))
                {
                    _pieces.RemoveAt(i);
                }
                else if (piece.TryTake(length, out int start))
                {
                    return (piece, start);
                }
            }

            if (_pieces.Count > 0 && _pieces[^1].TryGetTarget(out WeightPiece? full))
            {
                full.LeaveRoom();
            }

            var last = new WeightPiece();
            _pieces.Add(new(last));
            _ = last.TryTake(length, out int first);
            return (last, first);
        }
    }
}
