namespace Lora;

public sealed partial class ModelState
{
    [ThreadStatic]
    private static RandomKey _eagerKey;

    /// <summary>Lets eager calls on this thread draw the random numbers of one training step.</summary>
    /// <param name="step">The training call to repeat.</param>
    public IDisposable TrainingMode(int step)
    {
        var scope = new TrainingScope(_eagerKey);
        _eagerKey = new RandomKey(LoraRandom.Seed, step, 1);
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

    private sealed class TrainingScope(RandomKey previous) : IDisposable
    {
        public void Dispose() => _eagerKey = previous;
    }
}
