using System.Text;

namespace Lora.Generators;

/// <summary>Writes indented C# text, its lines ended by a line feed.</summary>
internal sealed class SourceWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _startsBlock = true;
    private bool _needsGap;

    public bool IsEmpty => _text.Length == 0;

    /// <summary>Writes text of one or more lines.</summary>
    public void Line(string text)
    {
        if (_needsGap)
        {
            _text.Append('\n');
            _needsGap = false;
        }

        foreach (string line in text.Replace("\r\n", "\n").Split('\n'))
        {
            if (line.Length > 0)
            {
                _text.Append(' ', _depth * 4).Append(line);
            }

            _text.Append('\n');
        }

        _startsBlock = false;
    }

    /// <summary>Writes an empty line before the next one, unless a block was just opened or is closed next.</summary>
    public void Gap() => _needsGap = !_startsBlock;

    public void Open(string? head = null)
    {
        if (head is not null)
        {
            Line(head);
        }

        Line("{");
        _depth++;
        _startsBlock = true;
    }

    public void Close()
    {
        _depth--;
        _needsGap = false;
        Line("}");
    }

    /// <summary>Writes what another writer holds, at this one's depth.</summary>
    public void Append(SourceWriter other)
    {
        if (!other.IsEmpty)
        {
            string text = other.ToString();
            Line(text.Substring(0, text.Length - 1));
        }
    }

    public override string ToString() => _text.ToString();
}
