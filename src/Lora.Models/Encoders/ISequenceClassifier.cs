namespace Lora.Models;

/// <summary>A model that sorts whole texts into classes.</summary>
public interface ISequenceClassifier : ILoraModel, IPeftModel
{
    string IPeftModel.TaskType => "SEQ_CLS";

    IReadOnlyList<string> IPeftModel.HeadModules => ["classifier"];

    /// <summary>The names of the classes.</summary>
    IReadOnlyList<string> Labels { get; }

    /// <summary>The longest sequence that the model takes.</summary>
    int MaxSequenceLength { get; }

    /// <summary>The token that fills up shorter sequences.</summary>
    int PadTokenId { get; }

    /// <summary>The logits of the classes.</summary>
    /// <param name="tokens">The sequences, all of one length, one after the other; shorter ones are filled up.</param>
    /// <param name="attentionMask">1 for each token, and 0 for what fills up; empty where nothing does.</param>
    /// <param name="tokenTypes">0 for the tokens of a first text and 1 for those of a second; empty for one text. DistilBERT, which tells no kinds apart, passes over them.</param>
    /// <param name="batch">How many sequences there are.</param>
    /// <returns>[batch, classes].</returns>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, one is not of the vocabulary, or a sequence is too long.</exception>
    Tensor Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, int batch);

    /// <summary>The mean cross-entropy of the classes.</summary>
    /// <param name="tokens">The sequences, all of one length, one after the other; shorter ones are filled up.</param>
    /// <param name="attentionMask">1 for each token, and 0 for what fills up; empty where nothing does.</param>
    /// <param name="tokenTypes">0 for the tokens of a first text and 1 for those of a second; empty for one text. DistilBERT, which tells no kinds apart, passes over them.</param>
    /// <param name="classes">The class of each sequence.</param>
    /// <param name="batch">How many sequences there are.</param>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, one is not of the vocabulary, or a sequence is too long.</exception>
    float Loss(ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, ReadOnlySpan<int> classes, int batch);

    /// <summary>The value of <see cref="Loss"/>, with its gradients added to those of the trainable parameters.</summary>
    /// <inheritdoc cref="Loss"/>
    float LossAndGradients(
        ReadOnlySpan<int> tokens, ReadOnlySpan<int> attentionMask, ReadOnlySpan<int> tokenTypes, ReadOnlySpan<int> classes, int batch);

    /// <summary>The memory that training on <see cref="Loss"/> takes, known before the first step: nothing is computed, and no weight is read.</summary>
    /// <param name="tokens">The number of tokens of a step.</param>
    /// <param name="attentionMask">The same, or 0 for none.</param>
    /// <param name="tokenTypes">The same, or 0 for none.</param>
    /// <param name="classes">The number of sequences.</param>
    /// <param name="batch">The same.</param>
    /// <returns>The bytes by what they are for; those of the optimizer are Adam's.</returns>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, or a sequence is too long.</exception>
    /// <exception cref="InvalidOperationException">Adapters are merged: the model cannot be trained.</exception>
    ModelMemory LossMemory(int tokens, int attentionMask, int tokenTypes, int classes, int batch);
}
