namespace Lora.Models;

/// <summary>Continues texts with a model, its active adapter, and its tokenizer.</summary>
/// <example><code>
/// var generator = new TextGenerator(CausalLanguageModel.Load(folder), Tokenizer.Load(folder));
/// foreach (TextPiece piece in generator.Generate("Once upon a time", new GenerationOptions { Temperature = 0.8f, TopP = 0.95f }))
/// {
///     Console.Write(piece.Text);
/// }
/// </code></example>
public sealed class TextGenerator
{
    /// <summary>Brings a model and its tokenizer together.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="ArgumentException">The model has fewer tokens than the tokenizer.</exception>
    public TextGenerator(ICausalLanguageModel model, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (tokenizer.VocabularySize > model.VocabularySize)
        {
            throw new ArgumentException(
                $"The tokenizer has {tokenizer.VocabularySize} tokens and the model {model.VocabularySize}: they do not belong together.", nameof(tokenizer));
        }

        Model = model;
        Tokenizer = tokenizer;
    }

    /// <summary>The model.</summary>
    public ICausalLanguageModel Model { get; }

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Continues a text, part by part as the result is enumerated.</summary>
    /// <param name="prompt">The text to begin with. Names of special tokens in it are text.</param>
    /// <param name="options">How; by default the most likely token each time.</param>
    /// <param name="cancellationToken">Ends the enumeration between two tokens.</param>
    /// <returns>The parts of the continuation, without the prompt; the last one says why it ends.</returns>
    /// <exception cref="ArgumentException">The prompt is empty or too long, or an option lies outside its range.</exception>
    /// <exception cref="OperationCanceledException">The enumeration was cancelled.</exception>
    public IEnumerable<TextPiece> Generate(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return Generate(Tokenizer.Encode(prompt), options, cancellationToken);
    }

    /// <summary>Continues tokens, part by part as the result is enumerated.</summary>
    /// <param name="prompt">The tokens to begin with, at least one.</param>
    /// <param name="options">How; by default the most likely token each time.</param>
    /// <param name="cancellationToken">Ends the enumeration between two tokens.</param>
    /// <inheritdoc cref="Generate(string, GenerationOptions?, CancellationToken)" path="//returns|//exception"/>
    public IEnumerable<TextPiece> Generate(IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GenerationOptions();
        options.Check();
        IEnumerable<int> tokens = Model.Generate(prompt, options with { StopTexts = [] });
        return Pieces(prompt, tokens, options, cancellationToken);
    }

    private IEnumerable<TextPiece> Pieces(IReadOnlyList<int> prompt, IEnumerable<int> tokens, GenerationOptions options, CancellationToken cancellationToken)
    {
        var decoder = new TextDecoder(Tokenizer, prompt);
        var stops = new StopTexts(options.StopTexts);
        int longest = TextGeneration.Longest(Model, prompt.Count, options);
        int count = 0;
        cancellationToken.ThrowIfCancellationRequested();
        foreach (int token in tokens)
        {
            count++;
            (string text, bool isFound) = stops.Take(IdIsOfText(token) ? decoder.Next(token) : "");
            yield return new TextPiece(text, count, isFound ? TextEnd.Stop : null);
            if (isFound)
            {
                yield break;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        (string rest, bool isStop) = stops.Take(decoder.End(), isLast: true);
        yield return new TextPiece(rest, count, isStop || count < longest ? TextEnd.Stop : TextEnd.Length);
    }

    // Vocabularies are often rounded up: the model may have more tokens than the tokenizer.
    private bool IdIsOfText(int token) => token < Tokenizer.VocabularySize;
}
