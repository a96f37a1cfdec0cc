namespace Lora.Models;

/// <summary>How well a model predicts texts.</summary>
/// <param name="Loss">The mean cross-entropy per predicted token, in nats.</param>
/// <param name="Tokens">How many tokens were predicted.</param>
public readonly record struct LanguageModelLoss(double Loss, long Tokens)
{
    /// <summary><c>e^Loss</c>: among how many equally likely tokens the model would be as uncertain.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>Judges a model by rows.</summary>
    /// <param name="model">The model, with its active adapter if it has one.</param>
    /// <param name="rows">The rows, at least one.</param>
    /// <param name="batch">How many rows are computed together.</param>
    /// <param name="progress">Called with the number of rows that are done.</param>
    /// <param name="cancellation">Ends the computation.</param>
    /// <exception cref="ArgumentException">There is no row, or one does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static LanguageModelLoss Of(
        ICausalLanguageModel model, IReadOnlyList<TokenRow> rows, int batch = 8, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfZero(rows.Count, nameof(rows));
        double sum = 0;
        long tokens = 0;
        int done = 0;
        foreach (TokenRow[] chunk in rows.Chunk(batch))
        {
            cancellation.ThrowIfCancellationRequested();
            TokenBatch together = TokenBatch.Of(chunk);
            sum += (double)model.Loss(together.Tokens, together.Targets, together.Count) * together.PredictedTokens;
            tokens += together.PredictedTokens;
            done += together.Count;
            progress?.Invoke(done);
        }

        return new LanguageModelLoss(sum / tokens, tokens);
    }
}
