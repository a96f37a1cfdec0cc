using Lora;
using Lora.Models;

namespace TextFinetune;

/// <summary>A text as tokens: the first nine tenths to learn, the rest to judge by.</summary>
internal sealed class TokenText
{
    private readonly int[] _tokens;
    private readonly int _batch;
    private readonly int _length;
    private readonly int _learned;

    public TokenText(int[] tokens, int batch, int length)
    {
        _tokens = tokens;
        _batch = batch;
        _length = length;
        _learned = tokens.Length - (tokens.Length / 10);
        if (tokens.Length - _learned <= length)
        {
            throw new ArgumentException($"The text has {tokens.Length} tokens; the tenth that is held out needs more than {length}.");
        }
    }

    /// <summary>Sequences from random places of the learned part, and what follows at each position.</summary>
    public (int[] Tokens, int[] Targets) Draw(LoraRandom random) => At([.. Enumerable.Range(0, _batch).Select(_ => random.NextInt32(_learned - _length))]);

    /// <summary>The mean loss over the held-out part, in sequences that do not overlap.</summary>
    public float HeldOutLoss(ICausalLanguageModel model)
    {
        int[] starts = [.. Enumerable.Range(0, (_tokens.Length - _learned - 1) / _length).Select(i => _learned + (i * _length))];
        double sum = 0;
        foreach (int[] chunk in starts.Chunk(_batch))
        {
            (int[] tokens, int[] targets) = At(chunk);
            sum += model.Loss(tokens, targets, chunk.Length) * chunk.Length;
        }

        return (float)(sum / starts.Length);
    }

    /// <summary>The first line of the held-out part.</summary>
    public string HeldOutBeginning(Tokenizer tokenizer)
    {
        string[] lines = tokenizer.Decode(_tokens.AsSpan(_learned, _length)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines[Math.Min(1, lines.Length - 1)] + "\n";
    }

    private (int[] Tokens, int[] Targets) At(int[] starts) =>
        ([.. starts.SelectMany(start => _tokens[start..(start + _length)])], [.. starts.SelectMany(start => _tokens[(start + 1)..(start + 1 + _length)])]);
}
