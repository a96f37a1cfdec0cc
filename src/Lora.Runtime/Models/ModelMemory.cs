using System.Globalization;

namespace Lora;

/// <summary>The bytes that a model's training takes, by what they are for. The sum is what stays on the heap from step to step.</summary>
/// <param name="Weights">The layers' own weights, and the originals kept while adapters are merged.</param>
/// <param name="Adapters">Every adapter, active or not.</param>
/// <param name="Gradients">The gradients of the trainable parameters: none before the first training call.</param>
/// <param name="OptimizerStates">The optimiser's moments.</param>
/// <param name="Activations">What the largest step so far saved for its backward pass, and its intermediate results and gradients.</param>
public readonly record struct ModelMemory(long Weights, long Adapters, long Gradients, long OptimizerStates, long Activations)
{
    /// <summary>All of it.</summary>
    public long Total => Weights + Adapters + Gradients + OptimizerStates + Activations;

    /// <summary>Adds up what a model holds now.</summary>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">The optimiser that trains it, or null.</param>
    public static ModelMemory Of(ILoraModel model, Optimizer? optimizer = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelState state = ModelState.Of(model);
        long weights = 0;
        long adapters = 0;
        foreach (NamedLayer named in state.Layers)
        {
            weights += named.Layer.Weights.Sum(weight => weight.Bytes);
            if (named.Layer is AdaptedLayer adapted)
            {
                weights += adapted.OriginalBytes;
                adapters += sizeof(float) * adapted.Adapters.Values.Sum(adapter => adapter.Length);
            }
        }

        return new ModelMemory(
            weights, adapters, state.TrainableParameters.Sum(parameter => parameter.GradientBytes), optimizer?.StateBytes ?? 0, state.Workspace.AllocatedBytes);
    }

    /// <summary>One line, in MiB.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"weights {MiB(Weights):F2} + adapters {MiB(Adapters):F2} + gradients {MiB(Gradients):F2} + optimizer {MiB(OptimizerStates):F2} + activations {MiB(Activations):F2} = {MiB(Total):F2} MiB");

    private static double MiB(long bytes) => bytes / (1024.0 * 1024.0);
}
