namespace Lora.Models.Tests;

/// <summary>A model that says the tokens that it is given, whatever the prompt.</summary>
/// <param name="vocabulary">The number of tokens.</param>
/// <param name="script">What it says.</param>
internal sealed partial class ScriptedModel(int vocabulary, int[] script) : ICausalLanguageModel
{
    private readonly Embedding _logits = new(vocabulary, vocabulary);

    public int VocabularySize => vocabulary;

    public int MaxSequenceLength => 1000;

    public int? BosTokenId => null;

    public IReadOnlyList<int> EosTokenIds => [];

    /// <summary>The prompt of the last text.</summary>
    public IReadOnlyList<int> Prompt { get; private set; } = [];

    /// <summary>The options of the last text.</summary>
    public GenerationOptions? Options { get; private set; }

    /// <summary>The tokens that were asked for.</summary>
    public int Said { get; private set; }

    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, int batch) => _logits.Forward(tokens, batch);

    [Differentiable]
    public float Loss(ReadOnlySpan<int> tokens, ReadOnlySpan<int> targets, int batch) => Nn.CrossEntropy(Forward(tokens, batch), targets);

    public TextCache NewCache(int capacity) => throw new NotSupportedException();

    public Tensor Next(ReadOnlySpan<int> tokens, TextCache cache) => throw new NotSupportedException();

    public IEnumerable<int> Generate(IReadOnlyList<int> prompt, GenerationOptions? options = null)
    {
        Prompt = prompt;
        Options = options;
        return script.Take(options?.MaxNewTokens ?? script.Length).TakeWhile(token => options?.StopTokens?.Contains(token) != true).Select(token =>
        {
            Said++;
            return token;
        });
    }
}
