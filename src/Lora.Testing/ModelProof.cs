namespace Lora.Testing;

/// <summary>
/// The proofs that any model must pass before its training can be believed. One call from any test framework:
/// <code>ModelProof.Check(new Regressor(64), m => m.Loss(x, target), m => m.LossAndGradients(x, target));</code>
/// </summary>
/// <remarks>
/// <para>
/// Gradients are the central differences of the eager method; generated and eager results agree; merged and adapted results agree; an adapter whose
/// product is zero changes no bit; training and unmerging leave the frozen weights' bits alone; a saved PEFT adapter reads back to the same bits;
/// counts are what the dimensions say.
/// </para>
/// <para>
/// For the proofs every adapter is replaced by one with B ≠ 0 and a scaling other than 1, since a fault may hide behind zeros or behind
/// alpha = rank. Afterwards the model has its own adapters and weights again, with gradients of zero. No other caller may use the model meanwhile.
/// </para>
/// </remarks>
public static class ModelProof
{
    /// <summary>Proves a model through a method that returns a loss.</summary>
    /// <typeparam name="TModel">The model's class.</typeparam>
    /// <param name="model">The model: marked with <c>[Lora]</c>, or given adapters by <c>ApplyLora</c>. Small dimensions prove as much as large ones.</param>
    /// <param name="loss">Calls the user's own method, such as <c>m => m.Loss(x, target)</c>, always with the same data.</param>
    /// <param name="lossAndGradients">Calls what was generated from it with the same data, such as <c>m => m.LossAndGradients(x, target)</c>.</param>
    /// <param name="options">Tolerances, or null for the usual ones.</param>
    /// <returns>What was proved, with the numbers.</returns>
    /// <exception cref="ModelProofException">A proof failed; the message names it, the tensor and both numbers.</exception>
    /// <exception cref="InvalidOperationException">The model has nothing to train, or its adapters are merged.</exception>
    public static ModelProofReport Check<TModel>(
        TModel model, Func<TModel, float> loss, Func<TModel, float> lossAndGradients, ModelProofOptions? options = null)
        where TModel : class, ILoraModel
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(lossAndGradients);
        return Run(new Subject(model, () => [loss(model)], _ => [lossAndGradients(model)], seed: [1f], options ?? new ModelProofOptions()));
    }

    /// <summary>Proves a model through a method that returns a tensor.</summary>
    /// <typeparam name="TModel">The model's class.</typeparam>
    /// <param name="model">The model: marked with <c>[Lora]</c>, or given adapters by <c>ApplyLora</c>. Small dimensions prove as much as large ones.</param>
    /// <param name="forward">Calls the user's own method, such as <c>m => m.Forward(x)</c>, always with the same data.</param>
    /// <param name="forwardWithPullback">
    /// Calls what was generated from it with the same data, gives the pullback the gradient that it is given, and returns the value:
    /// <c>(m, g) => { var p = m.ForwardWithPullback(x); p.Backward(g); return p.Value; }</c>.
    /// </param>
    /// <param name="options">Tolerances, or null for the usual ones.</param>
    /// <returns>What was proved, with the numbers.</returns>
    /// <exception cref="ModelProofException">A proof failed; the message names it, the tensor and both numbers.</exception>
    /// <exception cref="InvalidOperationException">The model has nothing to train, or its adapters are merged.</exception>
    public static ModelProofReport Check<TModel>(
        TModel model, Func<TModel, Tensor> forward, Func<TModel, Tensor, Tensor> forwardWithPullback, ModelProofOptions? options = null)
        where TModel : class, ILoraModel
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(forwardWithPullback);
        options ??= new ModelProofOptions();
        Tensor seed = Tensor.RandomNormal(options.Seed, forward(model).Shape);
        return Run(new Subject(
            model,
            () => forward(model).Span.ToArray(),
            given => forwardWithPullback(model, Tensor.From(given, seed.Shape)).Span.ToArray(),
            seed.Span.ToArray(),
            options));
    }

    private static ModelProofReport Run(Subject subject)
    {
        var proofs = new List<ProofResult> { Attempt("count", () => CountProof.Run(subject)) };
        using (ProofAdapters.Attach(subject))
        {
            proofs.Add(Attempt("eager = generated", () => EagerProof.Run(subject)));
            proofs.Add(Attempt("gradients", () => GradientProof.Run(subject)));
            proofs.Add(Attempt("frozen weights", () => FrozenProof.Run(subject)));
            if (subject.HasAdapters)
            {
                proofs.Add(Attempt("zero adapter = none", () => ZeroAdapterProof.Run(subject)));
                proofs.Add(Attempt("merged = adapted", () => MergeProof.Run(subject)));
                proofs.Add(Attempt("PEFT round trip", () => PeftProof.Run(subject)));
            }
        }

        var report = new ModelProofReport(subject.Model.GetType().Name, proofs);
        return report.Proofs.All(proof => proof.Faults.Count == 0) ? report : throw new ModelProofException(report);
    }

    // What the model itself throws is a fault of the proof that met it.
    private static ProofResult Attempt(string name, Func<ProofOutcome> proof)
    {
        try
        {
            ProofOutcome outcome = proof();
            return new ProofResult(name, outcome.Summary, outcome.Faults);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return new ProofResult(name, "", [$"the model threw {exception}"]);
        }
    }
}
