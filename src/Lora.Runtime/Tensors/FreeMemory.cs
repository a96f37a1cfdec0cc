namespace Lora;

/// <summary>Memory that is not in use, the smallest first.</summary>
internal sealed class FreeMemory
{
    private readonly List<TensorMemory> _blocks = [];

    public int Count => _blocks.Count;

    /// <summary>The capacity of the smallest block that holds a length, or the largest number where there is none.</summary>
    public int FitFor(int length)
    {
        int index = IndexOf(length);
        return index < _blocks.Count ? _blocks[index].Capacity : int.MaxValue;
    }

    /// <summary>Takes the smallest block that holds a length, which there is.</summary>
    public TensorMemory Take(int length)
    {
        int index = IndexOf(length);
        TensorMemory memory = _blocks[index];
        _blocks.RemoveAt(index);
        return memory;
    }

    public TensorMemory TakeLargest()
    {
        TensorMemory memory = _blocks[^1];
        _blocks.RemoveAt(_blocks.Count - 1);
        return memory;
    }

    public void Add(TensorMemory memory) => _blocks.Insert(IndexOf(memory.Capacity), memory);

    public void MoveAllTo(FreeMemory other)
    {
        if (other.Count == 0)
        {
            other._blocks.AddRange(_blocks);
            _blocks.Clear();
            return;
        }

        foreach (TensorMemory memory in _blocks)
        {
            other.Add(memory);
        }

        _blocks.Clear();
    }

    public void Clear() => _blocks.Clear();

    private int IndexOf(int length)
    {
        int low = 0;
        int high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_blocks[middle].Capacity < length)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
