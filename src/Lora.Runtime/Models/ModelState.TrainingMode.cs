namespace Lora;

public sealed partial class ModelState
{
    [ThreadStatic]
    private static RandomKey _eagerKey;

    [ThreadStatic]
    private static Dictionary<AdaptedLayer, int>? _eagerUses;

    /// <summary>Lets eager calls on this thread draw the random numbers of one training step.</summary>
    /// <param name="step">The training call to repeat.</param>
    public IDisposable TrainingMode(int step)
    {
        var scope = new TrainingScope(_eagerKey, _eagerUses);
        _eagerKey = new RandomKey(LoraRandom.Seed, step, 1);
        _eagerUses = new Dictionary<AdaptedLayer, int>(ReferenceEqualityComparer.Instance);
        return scope;
    }

    /// <summary>The key of the next random call of an eager training step, or one that says there is none.</summary>
    internal static RandomKey NextEagerKey()
    {
        RandomKey key = _eagerKey;
        if (key.IsTraining)
        {
            _eagerKey = key with { Call = key.Call + 1 };
        }

        return key;
    }

    /// <summary>The key of the dropout of the next use of a layer in an eager training step, or one that says there is none.</summary>
    internal static RandomKey NextEagerKey(AdaptedLayer layer)
    {
        if (_eagerUses is not { } uses)
        {
            return default;
        }

        int use = uses.GetValueOrDefault(layer) + 1;
        uses[layer] = use;
        return layer.DropoutKey(_eagerKey.Seed, _eagerKey.Step) with { Call = use };
    }

    private sealed class TrainingScope(RandomKey previous, Dictionary<AdaptedLayer, int>? previousUses) : IDisposable
    {
        public void Dispose()
        {
            _eagerKey = previous;
            _eagerUses = previousUses;
        }
    }
}
