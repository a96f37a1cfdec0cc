using System.Text;
using System.Text.Json;

namespace Lora.Models;

/// <summary>
/// Rows of tokens from a file. A <c>.txt</c> file is one text, cut into sequences that follow each other. In a <c>.jsonl</c> file each line is an object with one of:
/// <c>text</c>, of which every token is predicted; <c>prompt</c> and <c>completion</c>, of which the completion alone is; <c>messages</c> with <c>role</c> and
/// <c>content</c>, of which the assistant's are; or <c>input_ids</c>, tokens that are taken as they are, with <c>labels</c> if some are not to be predicted.
/// </summary>
public sealed class TrainingData
{
    /// <summary>The longest sequence that texts are cut into where nothing else is said.</summary>
    public const int DefaultSequenceLength = 512;

    // A mark at the beginning of a file that says UTF-16 or UTF-32 is heeded.
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private TrainingData(IReadOnlyList<TokenRow> rows, IReadOnlyList<string> notes)
    {
        Rows = rows;
        Notes = notes;
    }

    /// <summary>The rows in the order of the file.</summary>
    public IReadOnlyList<TokenRow> Rows { get; }

    /// <summary>What happened on the way that one should know, such as rows that were cut off.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>How many tokens of the rows are predicted.</summary>
    public long PredictedTokens => Rows.Sum(row => (long)row.PredictedTokens);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that is to read the rows.</param>
    /// <param name="tokenizer">Gives the model's tokenizer; it is not asked where all rows are tokens already.</param>
    /// <param name="sequenceLength">
    /// How many tokens of a text are predicted at most in one row; longer texts become several rows, longer conversations are cut off. Null stands for
    /// <see cref="DefaultSequenceLength"/>, or the model's longest where that is less.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is malformed or empty, or a row does not fit the model; the line is named.</exception>
    /// <exception cref="NotSupportedException">The file is of another kind.</exception>
    public static TrainingData Read(string path, ICausalLanguageModel model, Func<Tokenizer> tokenizer, int? sequenceLength = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        int length = sequenceLength ?? Math.Min(DefaultSequenceLength, model.MaxSequenceLength);
        if (length < 1 || length > model.MaxSequenceLength)
        {
            throw new ArgumentException($"A sequence of {length} tokens: the model takes 1 to {model.MaxSequenceLength}.");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        }

        var rows = new RowReader(model, new Lazy<Tokenizer>(tokenizer), length);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".txt":
                rows.AddText(ReadText(path));
                break;
            case ".jsonl":
                ReadLines(path, rows);
                break;
            case string other:
                throw new NotSupportedException($"'{path}' ends in '{other}'; texts are read from .txt and .jsonl files.");
        }

        return rows.Rows.Count > 0
            ? new TrainingData(rows.Rows, rows.Notes)
            : throw new InvalidDataException($"'{path}' has nothing to predict.{string.Concat(rows.Notes.Select(note => $" {note}"))}");
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path, _strict);
        }
        catch (DecoderFallbackException fault)
        {
            throw NoText(path, fault);
        }
    }

    private static InvalidDataException NoText(string path, DecoderFallbackException fault) => new($"'{path}' is no text in UTF-8: {fault.Message}", fault);

    private static void ReadLines(string path, RowReader rows)
    {
        try
        {
            ReadObjects(path, rows);
        }
        catch (DecoderFallbackException fault)
        {
            throw NoText(path, fault);
        }
    }

    private static void ReadObjects(string path, RowReader rows)
    {
        int number = 0;
        foreach (string line in File.ReadLines(path, _strict))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                rows.AddObject(document.RootElement);
            }
            catch (Exception fault) when (fault is JsonException or InvalidDataException or FormatException or ArgumentException and not DecoderFallbackException)
            {
                throw new InvalidDataException($"'{path}', line {number}: {(fault is JsonException ? $"not valid JSON: {fault.Message}" : fault.Message)}", fault);
            }
        }
    }
}
