using System.ComponentModel;
using System.Globalization;

namespace Lora;

/// <summary>
/// The bytes that a model's training takes, by what they are for: what it holds now (<see cref="Of"/>), or will take (<c>LossMemory</c>, generated for
/// each loss). Memory is kept from step to step, so that the sum is the peak too.
/// </summary>
/// <param name="Weights">The layers' own weights, the copies that adapters train in full, and the originals kept while adapters are merged.</param>
/// <param name="Adapters">Every adapter, active or not.</param>
/// <param name="Gradients">The gradients of the trainable parameters: none before the first training call.</param>
/// <param name="OptimizerStates">The optimiser's moments.</param>
/// <param name="Activations">What a step saves for its backward pass; of the steps so far, the largest.</param>
/// <param name="Scratch">A step's intermediate results and gradients beyond what it saves. Beside it each thread has some buffers inside products.</param>
public readonly record struct ModelMemory(long Weights, long Adapters, long Gradients, long OptimizerStates, long Activations, long Scratch)
{
    /// <summary>All of it.</summary>
    public long Total => Weights + Adapters + Gradients + OptimizerStates + Activations + Scratch;

    /// <summary>Adds up what a model holds now.</summary>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">The optimiser that trains it, or null.</param>
    public static ModelMemory Of(ILoraModel model, Optimizer? optimizer = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelState state = ModelState.Of(model);
        return Held(state, state.Workspace) with
        {
            Gradients = state.TrainableParameters.Sum(parameter => parameter.GradientBytes),
            OptimizerStates = optimizer?.StateBytes ?? 0,
        };
    }

    /// <summary>Adds up what a step that was measured will take.</summary>
    /// <param name="model">The model.</param>
    /// <param name="measured">The step's workspace.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static ModelMemory OfStep(ILoraModel model, Workspace measured)
    {
        ModelState state = ModelState.Of(model);
        long trainable = state.TrainableParameters.Sum(parameter => (long)parameter.Value.Length);
        return Held(state, measured) with
        {
            Gradients = trainable * sizeof(float),
            OptimizerStates = state.TrainableParameters.Sum(Adam.StateBytesOf),
        };
    }

    /// <summary>One line, in MiB.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"weights {MiB(Weights):F2} + adapters {MiB(Adapters):F2} + gradients {MiB(Gradients):F2} + optimizer {MiB(OptimizerStates):F2} + activations {MiB(Activations):F2} + scratch {MiB(Scratch):F2} = {MiB(Total):F2} MiB");

    private static ModelMemory Held(ModelState state, Workspace work)
    {
        long weights = 0;
        long adapters = 0;
        foreach (NamedLayer named in state.Layers)
        {
            weights += named.Layer.Weights.Sum(weight => weight.Bytes) + named.Layer.Resting.Bytes;
            if (named.Layer is AdaptedLayer adapted)
            {
                weights += adapted.OriginalBytes;
                adapters += sizeof(float) * adapted.Adapters.Values.Sum(adapter => adapter.Length);
            }
        }

        return new ModelMemory(weights, adapters, 0, 0, work.SavedBytes, work.AllocatedBytes - work.SavedBytes);
    }

    private static double MiB(long bytes) => bytes / (1024.0 * 1024.0);
}
