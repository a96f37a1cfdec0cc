using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Lora.Models;

/// <summary>One sequence to train on or to judge by: what a model reads, and what it is to say next at each position.</summary>
public sealed class TokenRow
{
    /// <summary>The target of positions that do not count.</summary>
    public const int Ignored = -100;

    private readonly int[] _tokens;
    private readonly int[] _targets;

    /// <summary>Makes a row of tokens, each of which is predicted from those before it.</summary>
    /// <param name="tokens">At least two tokens; the last is only predicted.</param>
    /// <exception cref="ArgumentException">There are fewer than two tokens.</exception>
    public TokenRow(ReadOnlySpan<int> tokens)
        : this(tokens, tokens)
    {
    }

    /// <summary>Makes a row of which some tokens alone are to be predicted.</summary>
    /// <param name="tokens">At least two tokens.</param>
    /// <param name="labels">As many: the same tokens, or −100 in the place of those that do not count.</param>
    /// <exception cref="ArgumentException">There are fewer than two tokens, or another number of labels, or none is to be predicted.</exception>
    public TokenRow(ReadOnlySpan<int> tokens, ReadOnlySpan<int> labels)
    {
        if (tokens.Length < 2)
        {
            throw new ArgumentException($"A row of {tokens.Length} tokens has none to predict: it takes two or more.", nameof(tokens));
        }

        if (labels.Length != tokens.Length)
        {
            throw new ArgumentException($"There are {tokens.Length} tokens and {labels.Length} labels.", nameof(labels));
        }

        _tokens = tokens[..^1].ToArray();
        _targets = labels[1..].ToArray();
        PredictedTokens = _targets.Length - _targets.AsSpan().Count(Ignored);
        if (PredictedTokens == 0)
        {
            throw new ArgumentException($"Every label after the first is {Ignored}, so that there is nothing to predict.", nameof(labels));
        }
    }

    /// <summary>What the model reads.</summary>
    public ReadOnlySpan<int> Tokens => _tokens;

    /// <summary>The token that follows at each position, or −100 where it does not count.</summary>
    public ReadOnlySpan<int> Targets => _targets;

    /// <summary>How many targets count.</summary>
    public int PredictedTokens { get; }

    /// <summary>Refuses what a model cannot read.</summary>
    internal void CheckFits(ICausalLanguageModel model)
    {
        if (_tokens.Length > model.MaxSequenceLength)
        {
            throw new ArgumentException($"It has {_tokens.Length + 1} tokens; the model takes {model.MaxSequenceLength + 1} at most, of which the last is only predicted.");
        }

        foreach (int token in _tokens)
        {
            CheckToken(token, model);
        }

        foreach (int target in _targets)
        {
            if (target != Ignored)
            {
                CheckToken(target, model);
            }
        }
    }

    /// <summary>Tells other rows from the same ones.</summary>
    internal static string Fingerprint(IReadOnlyList<TokenRow> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TokenRow row in rows)
        {
            hash.AppendData(BitConverter.GetBytes(row._tokens.Length));
            hash.AppendData(MemoryMarshal.AsBytes(row.Tokens));
            hash.AppendData(MemoryMarshal.AsBytes(row.Targets));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void CheckToken(int token, ICausalLanguageModel model)
    {
        if ((uint)token >= (uint)model.VocabularySize)
        {
            throw new ArgumentException($"The token {token} is not of the model's vocabulary of {model.VocabularySize}.");
        }
    }
}
