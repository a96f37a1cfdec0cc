namespace Lora;

/// <content>
/// Copies of a layer's weights, one for each adapter that trains the layer in full (PEFT's <c>modules_to_save</c>). The active adapter's copy is in use, or the
/// original where it has none.
/// </content>
public abstract partial class Layer
{
    private readonly Dictionary<string, RestingWeights> _copies = new(StringComparer.Ordinal);
    private RestingWeights? _original;

    /// <summary>The name of the adapter whose copy is in use, or null.</summary>
    internal string? ActiveCopy { get; private set; }

    /// <summary>The parameters and bytes of what is not in use: the original while a copy is, and the other copies.</summary>
    internal (long Length, long Bytes) Resting
    {
        get
        {
            (long Length, long Bytes) sum = default;
            foreach (WeightValues values in _copies.Values.Append(_original).OfType<RestingWeights>().SelectMany(resting => resting.Values))
            {
                sum.Length += values.Shape.Length;
                sum.Bytes += values.Bytes;
            }

            return sum;
        }
    }

    /// <summary>Whether the layer is trained in full for all adapters: it has no copies for some.</summary>
    internal bool IsTrainedInPlace => !(_original?.IsFrozen ?? IsFrozen);

    /// <summary>Whether an adapter has a copy.</summary>
    internal bool HasCopy(string adapter) => ActiveCopy == adapter || _copies.ContainsKey(adapter);

    /// <summary>Gives an adapter a copy of the original, in place of the one it has, and puts it in use.</summary>
    internal void AddCopy(string adapter)
    {
        RemoveCopy(adapter);
        ActivateCopy(null);
        _copies.Add(adapter, new RestingWeights(IsFrozen: false, [.. Weights.Select(weight => weight.CopyToTrain())]));
        ActivateCopy(adapter);
    }

    /// <summary>Puts an adapter's copy in use, or the original where it has none.</summary>
    internal void ActivateCopy(string? adapter)
    {
        string? name = adapter is not null && HasCopy(adapter) ? adapter : null;
        if (name == ActiveCopy)
        {
            return;
        }

        RefuseMerged("switch to another");
        RestingWeights next = name is null ? _original! : _copies[name];
        var previous = new RestingWeights(IsFrozen, [.. Weights.Zip(next.Values, (weight, values) => weight.Exchange(values))]);
        if (ActiveCopy is null)
        {
            _original = previous;
        }
        else
        {
            _copies[ActiveCopy] = previous;
        }

        if (name is null)
        {
            _original = null;
        }
        else
        {
            _copies.Remove(name);
        }

        ActiveCopy = name;
        _isFrozen = next.IsFrozen;
        OnWeightsSet();
        FreezeWeights();
    }

    /// <summary>Forgets an adapter's copy, if it has one.</summary>
    internal void RemoveCopy(string adapter)
    {
        if (ActiveCopy == adapter)
        {
            ActivateCopy(null);
        }

        _copies.Remove(adapter);
    }

    /// <summary>The weights that an adapter sees.</summary>
    internal IEnumerable<(string Name, Tensor Value)> WeightsOf(string adapter)
    {
        if (_copies.TryGetValue(adapter, out RestingWeights? copy))
        {
            return copy.Values.Select((values, i) => (Weights[i].Name, values.Dense!.Value));
        }

        return ActiveCopy == adapter || _original is null
            ? Weights.Select(weight => (weight.Name, weight.ToTensor()))
            : _original.Values.Select((values, i) => (Weights[i].Name, values.ToTensor()));
    }

    /// <param name="IsFrozen">Whether they stay as they are while they are in use.</param>
    /// <param name="Values">The values of each weight.</param>
    private sealed record RestingWeights(bool IsFrozen, WeightValues[] Values);
}
