namespace Lora.Models;

/// <summary>The memory of a training step of pretrained models, from their shapes: models from <see cref="PretrainedModel.WithoutWeights"/> will do.</summary>
public static class StepMemory
{
    /// <summary>What training takes that changes what is trainable in the model now, such as its adapters.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The number of sequences, or of rows, of a step.</param>
    /// <param name="length">The tokens of each; a model that takes no tokens passes over it.</param>
    /// <returns>The bytes by what they are for; those of the optimizer are Adam's.</returns>
    /// <exception cref="ArgumentException">A number is less than 1, or the sequences are too long for the model.</exception>
    /// <exception cref="InvalidOperationException">Adapters are merged: the model cannot be trained.</exception>
    /// <exception cref="NotSupportedException">The model is none of <see cref="PretrainedModel"/>'s.</exception>
    public static ModelMemory Of(ILoraModel model, int batch, int length)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        if (LongestSequence(model) is { } longest && length > longest)
        {
            throw new ArgumentException($"A sequence of {length} tokens is longer than the model takes, {longest}.", nameof(length));
        }

        if ((long)batch * length > Array.MaxLength)
        {
            throw new ArgumentException($"A batch of {batch} sequences of {length} tokens is larger than an array can be.", nameof(batch));
        }

        int tokens = batch * length;
        return model switch
        {
            ICausalLanguageModel causal => causal.LossMemory(tokens, tokens, batch),
            ISequenceClassifier classifier => classifier.LossMemory(tokens, 0, 0, batch, batch),
            Mlp mlp => mlp.LossMemory(new TensorShape(batch, mlp.Inputs), batch),
            _ => throw new NotSupportedException($"The memory of a step of {model.GetType().Name} is asked for by its own LossMemory."),
        };
    }

    /// <summary>What fine-tuning without adapters takes: every weight of the model is trained, in float32, with a gradient and Adam's moments.</summary>
    /// <param name="path">The model's <c>config.json</c>, or a folder that has it.</param>
    /// <param name="batch">The number of sequences, or of rows, of a step.</param>
    /// <param name="length">The tokens of each.</param>
    /// <inheritdoc cref="Of" path="/returns"/>
    /// <inheritdoc cref="PretrainedModel.WithoutWeights" path="/exception"/>
    /// <exception cref="ArgumentException">A number is less than 1, or the sequences are too long for the model.</exception>
    public static ModelMemory OfFullFineTuning(string path, int batch, int length)
    {
        ILoraModel model = PretrainedModel.WithoutWeights(path);
        model.SetFrozen(false);
        return Of(model, batch, length);
    }

    /// <summary>The longest sequence that a model takes, or null where it takes no sequences.</summary>
    /// <param name="model">The model.</param>
    public static int? LongestSequence(ILoraModel model) => model switch
    {
        ICausalLanguageModel causal => causal.MaxSequenceLength,
        ISequenceClassifier classifier => classifier.MaxSequenceLength,
        _ => null,
    };
}
