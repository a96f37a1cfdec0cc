namespace Lora.Models;

/// <summary>A GPT-2 with its head: predicts the next token at every position.</summary>
public sealed partial class Gpt2LMHeadModel : ICausalLanguageModel
{
    private readonly Gpt2Model _transformer;
    private readonly Linear? _lmHead;

    /// <summary>Creates a GPT-2 with random weights.</summary>
    /// <param name="config">Its dimensions.</param>
    /// <exception cref="InvalidDataException">The configuration contradicts itself.</exception>
    public Gpt2LMHeadModel(Gpt2Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Check(nameof(Gpt2Config));
        Config = config;
        _transformer = new Gpt2Model(config);
        _lmHead = config.TieWordEmbeddings ? null : new Linear(config.Width, config.VocabSize, bias: false);
    }

    /// <summary>The dimensions.</summary>
    public Gpt2Config Config { get; }

    bool IPeftModel.FanInFanOut => true;

    /// <inheritdoc/>
    public int VocabularySize => Config.VocabSize;

    /// <inheritdoc/>
    public int MaxSequenceLength => Config.Positions;

    /// <inheritdoc/>
    public int? BosTokenId => Config.BosTokenId;

    /// <inheritdoc/>
    public IReadOnlyList<int> EosTokenIds => Config.EosTokenIds;

    /// <summary>The logits of the next token at every position.</summary>
    /// <param name="tokens">The sequences, all of one length, one after the other.</param>
    /// <param name="batch">How many there are.</param>
    /// <returns>[batch, length, vocabulary].</returns>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, one is not of the vocabulary, or a sequence is too long.</exception>
    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, int batch)
    {
        Tensor x = _transformer.Forward(tokens, batch);
        return _lmHead is null ? _transformer.Project(x) : _lmHead.Forward(x);
    }

    /// <summary>The mean cross-entropy of the next tokens.</summary>
    /// <param name="tokens">The sequences, all of one length, one after the other.</param>
    /// <param name="targets">The token that follows at each position; −100 leaves a position out.</param>
    /// <param name="batch">How many sequences there are.</param>
    /// <exception cref="ArgumentException">The tokens do not divide into the sequences, one is not of the vocabulary, or a sequence is too long.</exception>
    [Differentiable]
    public float Loss(ReadOnlySpan<int> tokens, ReadOnlySpan<int> targets, int batch) => Nn.CrossEntropy(Forward(tokens, batch), targets);

    /// <inheritdoc/>
    public TextCache NewCache(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxSequenceLength);
        return new TextCache(Config.Layers, capacity, Config.Width);
    }

    /// <inheritdoc/>
    public Tensor Next(ReadOnlySpan<int> tokens, TextCache cache)
    {
        ArgumentNullException.ThrowIfNull(cache);
        TextGeneration.CheckRoom(tokens, cache);
        Tensor x = cache.Read(tokens, _transformer.Next);
        return _lmHead is null ? _transformer.Project(x) : _lmHead.Forward(x);
    }

    /// <inheritdoc/>
    public IEnumerable<int> Generate(IReadOnlyList<int> prompt, GenerationOptions? options = null) => TextGeneration.Generate(this, prompt, options);

    internal static PretrainedModel.Plan PlanOf(ConfigFile file)
    {
        Gpt2Config config = Gpt2Config.Read(file);
        var layout = new CheckpointLayout
        {
            BasePrefix = "transformer.",
            HeadPrefixes = ["lm_head."],
            PassedOverSuffixes = [".attn.bias", ".attn.masked_bias"],
            TransposedSuffixes = [".c_attn.weight", ".c_proj.weight", ".c_fc.weight"],
            Tied = config.TieWordEmbeddings ? ("lm_head.weight", "transformer.wte.weight") : null,
        };
        return new PretrainedModel.Plan(file, new Gpt2LMHeadModel(config), layout);
    }
}
