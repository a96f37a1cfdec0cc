namespace Lora;

/// <summary>
/// 32 MiB in which frozen matrices lie side by side: a matrix alone covers few huge pages. It lives as long as one of them.
/// </summary>
internal sealed class WeightPiece
{
    /// <summary>Its floats.</summary>
    public const int Length = 8 << 20;

    private readonly TensorMemory _memory = TensorMemory.Allocate(Length);
    private readonly List<(int Start, int Length)> _free = [(0, Length)]; // In their order, none beside another.

    public WeightPiece() => HugePages.AskFor(_memory.Span(Length));

    /// <summary>Takes the first room that is large enough.</summary>
    /// <param name="length">A multiple of the boundaries that memory begins at.</param>
    /// <param name="start">Where it begins.</param>
    public bool TryTake(int length, out int start)
    {
        int at = _free.FindIndex(room => room.Length >= length);
        start = at < 0 ? 0 : _free[at].Start;
        if (at >= 0 && _free[at].Length == length)
        {
            _free.RemoveAt(at);
        }
        else if (at >= 0)
        {
            _free[at] = (start + length, _free[at].Length - length);
        }

        return at >= 0;
    }

    public TensorMemory Part(int start, int length) => _memory.Part(start, length);

    /// <summary>Says that no room is likely to be taken soon: the system gets its pages, of which neighbours have brought some along.</summary>
    public void LeaveRoom() => _free.ForEach(room => HugePages.Leave(Part(room.Start, room.Length).Span(room.Length)));

    /// <summary>Takes back what <see cref="TryTake"/> gave; the system gets the pages.</summary>
    public void GiveBack(int start, int length)
    {
        HugePages.Leave(Part(start, length).Span(length));
        int at = _free.FindIndex(room => room.Start > start);
        at = at < 0 ? _free.Count : at;
        if (at < _free.Count && start + length == _free[at].Start)
        {
            length += _free[at].Length;
            _free.RemoveAt(at);
        }

        if (at > 0 && _free[at - 1].Start + _free[at - 1].Length == start)
        {
            _free[at - 1] = (_free[at - 1].Start, _free[at - 1].Length + length);
        }
        else
        {
            _free.Insert(at, (start, length));
        }
    }
}
