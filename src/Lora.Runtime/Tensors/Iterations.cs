using System.ComponentModel;

namespace Lora;

/// <summary>What the iterations of one loop saved for the backward pass. The items are reused from step to step.</summary>
/// <typeparam name="T">The generated class that holds what one iteration saves.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class Iterations<T>
    where T : class, new()
{
    private readonly List<T> _items = [];

    /// <summary>The number of iterations that were started.</summary>
    public int Count { get; private set; }

    /// <summary>What one iteration saved.</summary>
    /// <param name="index">The iteration, counted from 0.</param>
    public T this[int index] => index < Count ? _items[index] : throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>Starts a loop.</summary>
    public void Clear() => Count = 0;

    /// <summary>Starts an iteration.</summary>
    public T Next()
    {
        if (Count == _items.Count)
        {
            _items.Add(new T());
        }

        return _items[Count++];
    }
}
