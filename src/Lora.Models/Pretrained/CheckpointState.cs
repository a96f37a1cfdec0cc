using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Lora.Models;

/// <summary>
/// The tensors of a folder by the names of the model's state, and those that were drawn. Each is read when it is asked for by name, so that only one is
/// in memory at a time; enumerating gives shapes without values.
/// </summary>
/// <param name="folder">The open files.</param>
/// <param name="names">The names in the files by the names in the model.</param>
/// <param name="layout">Which matrices the files hold transposed.</param>
/// <param name="drawn">What is in no file.</param>
internal sealed class CheckpointState(
    SafetensorsFolder folder, IReadOnlyDictionary<string, string> names, CheckpointLayout layout, IReadOnlyDictionary<string, Tensor> drawn)
    : IReadOnlyDictionary<string, Tensor>
{
    public int Count => names.Count + drawn.Count;

    public IEnumerable<string> Keys => names.Keys.Concat(drawn.Keys);

    public IEnumerable<Tensor> Values => names.Keys.Select(ShapeOf).Concat(drawn.Values);

    public Tensor this[string key] => TryGetValue(key, out Tensor? value) ? value : throw new KeyNotFoundException($"There is no tensor '{key}'.");

    public bool ContainsKey(string key) => names.ContainsKey(key) || drawn.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Tensor value)
    {
        value = names.TryGetValue(key, out string? inFile) ? Read(key, inFile) : drawn.GetValueOrDefault(key);
        return value is not null;
    }

    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() =>
        names.Keys.Select(name => KeyValuePair.Create(name, ShapeOf(name))).Concat(drawn).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private Tensor Read(string name, string inFile)
    {
        Tensor value = folder.ReadFinite(inFile);
        return value.Rank == 2 && layout.IsTransposed(name) ? Nn.Transpose(value) : value;
    }

    private Tensor ShapeOf(string name)
    {
        int[] shape = [.. folder.Entries[names[name]].Shape.Select(dimension => checked((int)dimension))];
        return Tensor.WithoutValues(shape is [int rows, int columns] && layout.IsTransposed(name) ? [columns, rows] : shape);
    }
}
