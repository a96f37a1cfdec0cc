namespace Lora.Models;

/// <summary>Rows side by side, filled up to the length of the longest. What fills up is read after all that counts, so that nothing depends on it.</summary>
/// <param name="Tokens">[rows, length].</param>
/// <param name="Targets">[rows, length].</param>
/// <param name="Count">The number of rows.</param>
/// <param name="PredictedTokens">How many targets count.</param>
internal readonly record struct TokenBatch(int[] Tokens, int[] Targets, int Count, int PredictedTokens)
{
    public static TokenBatch Of(IReadOnlyList<TokenRow> rows)
    {
        int length = rows.Max(row => row.Tokens.Length);
        int[] tokens = new int[rows.Count * length];
        int[] targets = new int[rows.Count * length];
        Array.Fill(targets, TokenRow.Ignored);
        for (int i = 0; i < rows.Count; i++)
        {
            rows[i].Tokens.CopyTo(tokens.AsSpan(i * length));
            rows[i].Targets.CopyTo(targets.AsSpan(i * length));
        }

        return new TokenBatch(tokens, targets, rows.Count, rows.Sum(row => row.PredictedTokens));
    }
}
