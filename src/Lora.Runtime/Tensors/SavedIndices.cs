using System.ComponentModel;

namespace Lora;

/// <summary>A copy of a span of integers, such as token ids, that the backward pass reads. The memory is reused from step to step.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class SavedIndices
{
    private int[] _values = [];
    private int _length;

    /// <summary>The integers of the last <see cref="Set"/>.</summary>
    public ReadOnlySpan<int> Span => _values.AsSpan(0, _length);

    /// <summary>Copies the integers.</summary>
    /// <param name="values">What the backward pass will read.</param>
    public void Set(ReadOnlySpan<int> values)
    {
        if (_values.Length < values.Length)
        {
            _values = new int[values.Length];
        }

        values.CopyTo(_values);
        _length = values.Length;
    }
}
