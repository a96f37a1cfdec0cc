using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Lora.Models;

/// <summary>The tensors of a folder as a state dictionary that reads each one when it is asked for, so that only one is in memory at a time.</summary>
/// <param name="folder">The open files.</param>
/// <param name="ignored">The names that are no weights of the model.</param>
internal sealed class FolderState(SafetensorsFolder folder, IReadOnlySet<string> ignored) : IReadOnlyDictionary<string, Tensor>
{
    private readonly string[] _names = [.. folder.Entries.Keys.Where(name => !ignored.Contains(name))];

    public int Count => _names.Length;

    public IEnumerable<string> Keys => _names;

    public IEnumerable<Tensor> Values => _names.Select(folder.Read);

    public Tensor this[string key] => TryGetValue(key, out Tensor? value) ? value : throw new KeyNotFoundException($"There is no tensor '{key}'.");

    public bool ContainsKey(string key) => folder.Entries.ContainsKey(key) && !ignored.Contains(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Tensor value)
    {
        value = ContainsKey(key) ? folder.Read(key) : null;
        return value is not null;
    }

    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() =>
        _names.Select(name => KeyValuePair.Create(name, folder.Read(name))).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
