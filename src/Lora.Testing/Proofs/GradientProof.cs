namespace Lora.Testing;

/// <summary>
/// Every gradient is that of the user's own method by central differences. A tensor is moved as a whole in random directions: for a direction u of
/// independent normal entries, the mean square of <c>(computed − differences)·u</c> is the square of the L2 distance between the gradients, and
/// one float32 loss tells much more of that than of one element.
/// </summary>
internal static class GradientProof
{
    // Differences whose own error is larger than this part of the gradient decide nothing.
    private const double MostUncertain = 5e-3;

    public static ProofOutcome Run(Subject subject)
    {
        subject.Train();
        HashSet<Parameter> heldFixed = [.. subject.Adapted.Select(named => named.Layer.Adapter!).Where(adapter => adapter.Magnitude is not null).SelectMany(adapter => (Parameter[])[adapter.A, adapter.B])];
        Parameter[] parameters = [.. subject.Model.TrainableParameters.Where(parameter => !heldFixed.Contains(parameter))];
        float[][] gradients = [.. parameters.Select(parameter => parameter.Gradient.Span.ToArray())];
        var faults = new List<string>();
        double largest = 0;
        string where = "";
        for (int i = 0; i < parameters.Length; i++)
        {
            Comparison found = Compare(subject, parameters[i], gradients[i]);
            if (found.Fault is { } fault)
            {
                faults.Add($"{parameters[i].Name}: {fault}");
            }
            else if (found.Distance >= largest)
            {
                (largest, where) = (found.Distance, parameters[i].Name);
            }
        }

        return new ProofOutcome(FormattableString.Invariant(
            $"{parameters.Length} tensors, the farthest off by {largest:G2} of its norm ({where}), allowed {subject.Options.GradientTolerance:G2}{(heldFixed.Count > 0 ? "; not A and B of DoRA, whose gradients hold the norm fixed, as PEFT's" : "")}"), faults);
    }

    private static Comparison Compare(Subject subject, Parameter parameter, float[] gradient)
    {
        if (gradient.FirstOrDefault(value => !float.IsFinite(value), 0f) is var odd && !float.IsFinite(odd))
        {
            return new Comparison(0, FormattableString.Invariant($"the computed gradient holds {odd}"));
        }

        double scale = Norm(parameter.Span) / Math.Sqrt(gradient.Length);
        scale = scale > 0 ? scale : 1;
        double norm = Norm(gradient);
        var random = new LoraRandom(LoraRandom.Hash(subject.Options.Seed, parameter.Name));
        float[] direction = new float[gradient.Length];
        var found = new List<(double Computed, double Measured, double Error)>();
        for (int i = 0; i < subject.Options.Directions; i++)
        {
            random.FillNormal(direction, (float)scale);
            found.Add(Along(subject, parameter, gradient, direction));
        }

        double distance = Typical(found.Select(one => one.Computed - one.Measured));
        double uncertainty = Typical(found.Select(one => one.Error));
        double seen = Typical(found.Select(one => one.Measured));
        (double computed, double measured, _) = found.MaxBy(one => Math.Abs(one.Computed - one.Measured));
        if (norm == 0 && seen <= 3 * uncertainty)
        {
            return subject.Options.Unused.Any(end => parameter.Name.EndsWith(end, StringComparison.Ordinal))
                ? new Comparison(0, null)
                : new Comparison(0, "computed 0, by central differences 0: nothing of it reaches the result, so that nothing is proved. Name it in Unused where that is right");
        }

        double whole = Math.Max(norm * scale, seen);
        double off = distance / whole;
        double doubt = uncertainty / whole;
        if (!(off <= subject.Options.GradientTolerance + doubt))
        {
            return new Comparison(off, FormattableString.Invariant(
                $"computed {computed:G6}, by central differences {measured:G6} along a random direction; the gradient is off by {off:G3} of its norm, allowed {subject.Options.GradientTolerance:G3}"));
        }

        return doubt <= MostUncertain ? new Comparison(off, null) : new Comparison(off, FormattableString.Invariant(
            $"computed {computed:G6}, by central differences {measured:G6}, uncertain by {doubt:G2} of the gradient's norm: float32 does not tell. Prove a smaller model, or the method that gives the tensor before the loss"));
    }

    // The root mean square of normal values, by their median: where a rectifier opens or shuts within a step, that direction alone is off.
    private static double Typical(IEnumerable<double> values)
    {
        double[] sizes = [.. values.Select(Math.Abs).Order()];
        return (sizes[(sizes.Length - 1) / 2] + sizes[sizes.Length / 2]) / 2 / 0.6745;
    }

    private static (double Computed, double Measured, double Error) Along(Subject subject, Parameter parameter, float[] gradient, float[] direction)
    {
        double computed = 0;
        for (int i = 0; i < gradient.Length; i++)
        {
            computed += (double)gradient[i] * direction[i];
        }

        float[] values = parameter.Span.ToArray();
        try
        {
            (double measured, double error) = DirectionalDerivative.Of(t =>
            {
                Span<float> span = parameter.Span;
                for (int i = 0; i < values.Length; i++)
                {
                    span[i] = (float)(values[i] + (t * direction[i]));
                }

                return subject.Functional();
            });
            return (computed, measured, error);
        }
        finally
        {
            values.CopyTo(parameter.Span);
        }
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += (double)value * value;
        }

        return Math.Sqrt(sum);
    }

    private readonly record struct Comparison(double Distance, string? Fault);
}
