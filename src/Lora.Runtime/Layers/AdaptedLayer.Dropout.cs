namespace Lora;

/// <content>
/// The dropout of adapters: its call site is the layer's path and which of the layer's uses in the step it is, so that it depends neither on other layers
/// nor on what else the body draws.
/// </content>
public abstract partial class AdaptedLayer
{
    private RandomKey _step;

    /// <summary>The number of the layer's next use in the step: a checkpoint goes back to it.</summary>
    internal int NextUse
    {
        get => _step.Call;
        set => _step = _step with { Call = value };
    }

    /// <summary>Begins a training call: the next use of the layer is its first.</summary>
    internal void BeginStep(ulong seed, int step) => _step = DropoutKey(seed, step);

    /// <summary>The key of the layer's first use in a step.</summary>
    internal RandomKey DropoutKey(ulong seed, int step) => new(LoraRandom.Hash(seed, Path ?? ""), step, 1);

    /// <summary>The key of this use of the layer in a training call.</summary>
    private protected RandomKey NextDropoutKey()
    {
        RandomKey key = _step;
        _step = key.IsTraining ? key with { Call = key.Call + 1 } : key;
        return key;
    }
}
