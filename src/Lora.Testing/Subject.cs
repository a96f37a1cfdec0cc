namespace Lora.Testing;

/// <summary>A model under proof: its method as numbers in and numbers out.</summary>
/// <param name="model">The model.</param>
/// <param name="evaluate">The elements of the user's method's result.</param>
/// <param name="train">The elements of the generated method's result, after a backward pass from the given gradient.</param>
/// <param name="seed">The gradient that the backward pass starts from: the proofs look at <c>Σ seed·result</c>.</param>
/// <param name="options">The tolerances.</param>
internal sealed class Subject(ILoraModel model, Func<float[]> evaluate, Func<float[], float[]> train, float[] seed, ModelProofOptions options)
{
    // Any step: random draws such as dropout masks are the same in each call that repeats it.
    private const int Step = 3;

    public ILoraModel Model { get; } = model;

    public ModelProofOptions Options { get; } = options;

    public ModelState State { get; } = ModelState.Of(model);

    public bool HasAdapters => Adapted.Any();

    /// <summary>The layers with an active adapter.</summary>
    public IEnumerable<(string Path, AdaptedLayer Layer)> Adapted => State.AdaptedLayers.Where(named => named.Layer.Adapter is not null);

    /// <summary>The result outside training: no dropout.</summary>
    public float[] Infer() => evaluate();

    /// <summary>The result of the user's own method in the training step that <see cref="Train"/> runs.</summary>
    public float[] Evaluate()
    {
        using (Model.TrainingMode(Step))
        {
            return evaluate();
        }
    }

    /// <summary><c>Σ seed·result</c> of <see cref="Evaluate"/>.</summary>
    public double Functional()
    {
        double sum = 0;
        float[] values = Evaluate();
        for (int i = 0; i < values.Length; i++)
        {
            sum += (double)values[i] * seed[i];
        }

        return sum;
    }

    /// <summary>The result of the generated method, whose gradients the parameters have afterwards.</summary>
    public float[] Train()
    {
        foreach (Parameter parameter in Model.TrainableParameters)
        {
            parameter.ZeroGradient();
        }

        State.NextStep = Step;
        return train(seed);
    }

    /// <summary>The distance of two results, relative to the norm of the second.</summary>
    public static double Distance(ReadOnlySpan<float> values, ReadOnlySpan<float> expected)
    {
        if (values.Length != expected.Length)
        {
            return double.PositiveInfinity;
        }

        double distance = 0;
        double norm = 0;
        for (int i = 0; i < values.Length; i++)
        {
            distance += ((double)values[i] - expected[i]) * ((double)values[i] - expected[i]);
            norm += (double)expected[i] * expected[i];
        }

        return distance == 0 ? 0 : Math.Sqrt(distance / norm);
    }

    /// <summary>The elements, or the first of many.</summary>
    public static string Show(ReadOnlySpan<float> values) =>
        values.Length == 1 ? FormattableString.Invariant($"{values[0]:G9}")
            : $"[{string.Join(", ", values[..Math.Min(4, values.Length)].ToArray().Select(value => FormattableString.Invariant($"{value:G6}")))}{(values.Length > 4 ? ", …" : "")}]";
}
