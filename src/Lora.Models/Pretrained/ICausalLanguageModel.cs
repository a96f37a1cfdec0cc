namespace Lora.Models;

/// <summary>A model that predicts the next token at every position of a text: what trainers and generation take.</summary>
public interface ICausalLanguageModel : ILoraModel, IPeftModel
{
    string IPeftModel.TaskType => "CAUSAL_LM";

    IReadOnlyList<string> IPeftModel.HeadModules => ["lm_head"];

    /// <summary>The number of tokens.</summary>
    int VocabularySize { get; }

    /// <summary>The longest sequence that the model takes.</summary>
    int MaxSequenceLength { get; }

    /// <summary>The token that begins a text, or null.</summary>
    int? BosTokenId { get; }

    /// <summary>The tokens that end a text.</summary>
    IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>The logits of the next token at every position.</summary>
    /// <param name="tokens">The sequences, all of one length, one after the other.</param>
    /// <param name="batch">How many there are.</param>
    /// <returns>[batch, length, vocabulary].</returns>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, one is not of the vocabulary, or a sequence is too long.</exception>
    Tensor Forward(ReadOnlySpan<int> tokens, int batch);

    /// <summary>The mean cross-entropy of the next tokens.</summary>
    /// <param name="tokens">The sequences, all of one length, one after the other.</param>
    /// <param name="targets">The token that follows at each position; −100 leaves a position out.</param>
    /// <param name="batch">How many sequences there are.</param>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, one is not of the vocabulary, or a sequence is too long.</exception>
    float Loss(ReadOnlySpan<int> tokens, ReadOnlySpan<int> targets, int batch);

    /// <summary>The value of <see cref="Loss"/>, with its gradients added to those of the trainable parameters.</summary>
    /// <inheritdoc cref="Loss"/>
    float LossAndGradients(ReadOnlySpan<int> tokens, ReadOnlySpan<int> targets, int batch);

    /// <summary>The memory that training on <see cref="Loss"/> takes, known before the first step: nothing is computed, and no weight is read.</summary>
    /// <param name="tokens">The number of tokens of a step.</param>
    /// <param name="targets">The same.</param>
    /// <param name="batch">How many sequences they are.</param>
    /// <returns>The bytes by what they are for; those of the optimizer are Adam's.</returns>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, or a sequence is too long.</exception>
    /// <exception cref="InvalidOperationException">Adapters are merged: the model cannot be trained.</exception>
    ModelMemory LossMemory(int tokens, int targets, int batch);

    /// <summary>An empty cache for <see cref="Next"/>.</summary>
    /// <param name="capacity">The most tokens that will be read with it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is less than 1 or larger than <see cref="MaxSequenceLength"/>.</exception>
    TextCache NewCache(int capacity);

    /// <summary>Reads the next tokens of a text.</summary>
    /// <param name="tokens">The tokens that come after those that the cache has seen, at least one.</param>
    /// <param name="cache">What was read before; it takes up the tokens.</param>
    /// <returns>The logits of the token after them, [1, 1, vocabulary].</returns>
    /// <exception cref="ArgumentException">There is no token, or one is not of the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The cache has no room for so many.</exception>
    Tensor Next(ReadOnlySpan<int> tokens, TextCache cache);

    /// <summary>Continues a sequence, token by token as the result is enumerated.</summary>
    /// <param name="prompt">The tokens to begin with, at least one.</param>
    /// <param name="options">How; by default the most likely token each time.</param>
    /// <returns>The new tokens: up to a stop token, the number asked for, or the longest sequence that the model takes.</returns>
    /// <exception cref="ArgumentException">The prompt is empty or too long, or an option lies outside its range.</exception>
    IEnumerable<int> Generate(IReadOnlyList<int> prompt, GenerationOptions? options = null);
}
