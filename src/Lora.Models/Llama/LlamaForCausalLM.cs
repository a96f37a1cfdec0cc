namespace Lora.Models;

/// <summary>A Llama, or a model built as one (Mistral, Qwen2, Qwen3), with its head: predicts the next token at every position.</summary>
public sealed partial class LlamaForCausalLM : ICausalLanguageModel
{
    private readonly LlamaModel _model;
    private readonly Linear? _lmHead;

    /// <summary>Creates a Llama with random weights.</summary>
    /// <param name="config">Its dimensions.</param>
    /// <exception cref="InvalidDataException">The configuration contradicts itself.</exception>
    public LlamaForCausalLM(LlamaConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Check(nameof(LlamaConfig));
        Config = config;
        _model = new LlamaModel(config);
        _lmHead = config.TieWordEmbeddings ? null : new Linear(config.HiddenSize, config.VocabSize, bias: false);
    }

    /// <summary>The dimensions.</summary>
    public LlamaConfig Config { get; }

    /// <inheritdoc/>
    public int VocabularySize => Config.VocabSize;

    /// <inheritdoc/>
    public int MaxSequenceLength => Config.MaxSequenceLength;

    /// <inheritdoc/>
    public int? BosTokenId => Config.BosTokenId;

    /// <inheritdoc/>
    public IReadOnlyList<int> EosTokenIds => Config.EosTokenIds;

    /// <summary>
    /// Whether training saves the input of each decoder layer alone, and runs the layer again in the backward pass (Chen et al. 2016, "Training Deep Nets
    /// with Sublinear Memory Cost"): long sequences then need far less memory, for the time of another forward pass. The gradients are the same, bit for bit.
    /// </summary>
    public bool CheckpointsLayers
    {
        get => _model.CheckpointsLayers;
        set => _model.CheckpointsLayers = value;
    }

    /// <summary>The logits of the next token at every position.</summary>
    /// <param name="tokens">The sequences, all of one length, one after the other.</param>
    /// <param name="batch">How many there are.</param>
    /// <returns>[batch, length, vocabulary].</returns>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, or one is not of the vocabulary.</exception>
    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, int batch)
    {
        Tensor x = _model.Forward(tokens, batch);
        return _lmHead is null ? _model.Project(x) : _lmHead.Forward(x);
    }

    /// <summary>The mean cross-entropy of the next tokens.</summary>
    /// <param name="tokens">The sequences, all of one length, one after the other.</param>
    /// <param name="targets">The token that follows at each position; −100 leaves a position out.</param>
    /// <param name="batch">How many sequences there are.</param>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, or one is not of the vocabulary.</exception>
    [Differentiable]
    public float Loss(ReadOnlySpan<int> tokens, ReadOnlySpan<int> targets, int batch) => Nn.CrossEntropy(Forward(tokens, batch), targets);

    /// <inheritdoc/>
    public TextCache NewCache(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxSequenceLength);
        return new TextCache(Config.NumHiddenLayers, capacity, Config.NumKeyValueHeads * Config.HeadDim);
    }

    /// <inheritdoc/>
    public Tensor Next(ReadOnlySpan<int> tokens, TextCache cache)
    {
        ArgumentNullException.ThrowIfNull(cache);
        TextGeneration.CheckRoom(tokens, cache);
        Tensor x = cache.Read(tokens, _model.Next);
        return _lmHead is null ? _model.Project(x) : _lmHead.Forward(x);
    }

    /// <inheritdoc/>
    public IEnumerable<int> Generate(IReadOnlyList<int> prompt, GenerationOptions? options = null) => TextGeneration.Generate(this, prompt, options);
}
