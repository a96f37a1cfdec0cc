namespace Lora.Tests.Layers;

/// <summary>DoRA and adapter dropout, held to the definition in double precision with the norm as a constant, as PEFT takes it.</summary>
public sealed class AdapterVariantTests
{
    private const int In = 7;
    private const int Out = 5;
    private const int Count = 6;
    private const double Step = 1e-5;

    public static TheoryData<bool, float, bool, bool> Kinds
    {
        get
        {
            var data = new TheoryData<bool, float, bool, bool>();
            foreach (bool useDora in new[] { true, false })
            {
                foreach (float dropout in new[] { 0f, 0.4f })
                {
                    if (useDora || dropout > 0)
                    {
                        data.Add(useDora, dropout, true, true);
                        data.Add(useDora, dropout, true, false);
                        data.Add(useDora, dropout, false, true);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_linear_layer_and_its_gradients(bool useDora, float dropout, bool isFrozen, bool hasBias)
    {
        Linear layer = Linear.From(Tensor.RandomNormal(1, Out, In), hasBias ? Tensor.RandomNormal(2, Out) : null);
        layer.IsFrozen = isFrozen;
        LoraAdapter adapter = Attach(layer, new LoraSettings { Rank = 2, Alpha = 3, UseDora = useDora, Dropout = dropout });
        Tensor x = Tensor.RandomNormal(3, Count, In);
        Tensor seed = Tensor.RandomNormal(4, Count, Out);
        layer.BeginStep(9, 2);
        double[] mask = [.. Enumerable.Repeat(1.0, Count * In)];
        if (dropout > 0)
        {
            Tensor masks = Nn.Dropout(Tensor.Full(1, Count * In), dropout, layer.DropoutKey(9, 2));
            mask = Doubles(masks.Span);
            mask.ShouldContain(0);
        }

        Tensor saved = Tensor.Uninitialized(layer.ForwardSaves(x));
        Tensor result = Tensor.Zeros(Count, Out);
        layer.ForwardInto<AnyRank>(x, result, saved);
        double[][] values =
        [
            Doubles(x.Span), WeightOf(layer), hasBias ? BiasOf(layer) : new double[Out], Doubles(adapter.A.Span), Doubles(adapter.B.Span),
            useDora ? Doubles(adapter.Magnitude!.Span) : new double[Out],
        ];
        double[]? norms = useDora ? Norms(values[1], values[3], values[4], 1.5) : null;
        double[] Forward(double[][] v) => LinearForward(v[0], v[1], v[2], v[3], v[4], v[5], norms, mask, 1.5);
        RelativeDistance(Doubles(result.Span), Forward(values)).ShouldBeLessThan(1e-6);

        Tensor gradX = Tensor.RandomNormal(5, Count, In);
        double[] before = Doubles(gradX.Span);
        layer.ForwardBackward<AnyRank>(x, saved, seed, gradX);
        double[][] expected = [.. values.Select((_, which) => CentralDifferences(values, which, Forward, seed))];
        Near([.. Doubles(gradX.Span).Zip(before, (after, was) => after - was)], expected[0], "x");
        Near(Doubles(adapter.A.Gradient.Span), expected[3], "A");
        Near(Doubles(adapter.B.Gradient.Span), expected[4], "B");
        if (useDora)
        {
            Near(Doubles(adapter.Magnitude!.Gradient.Span), expected[5], "magnitude");
        }

        if (!isFrozen)
        {
            Near(Doubles(layer.Weights[0].Dense!.Gradient.Span), expected[1], "W");
            Near(Doubles(layer.Weights[1].Dense!.Gradient.Span), expected[2], "b");
        }

        float[] gradA = adapter.A.Gradient.Span.ToArray();
        adapter.A.ZeroGradient();
        layer.ForwardBackward<AnyRank>(x, saved, seed, null);
        adapter.A.Gradient.Span.ToArray().ShouldBe(gradA);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_embedding_with_a_magnitude_and_its_gradients(bool isFrozen)
    {
        var layer = Embedding.From(Tensor.RandomNormal(1, 9, Out));
        layer.IsFrozen = isFrozen;
        LoraAdapter adapter = Attach(layer, new LoraSettings { Rank = 2, Alpha = 3, UseDora = true });
        int[] ids = [3, 0, 3, 8];
        Tensor seed = Tensor.RandomNormal(4, ids.Length, Out);
        Tensor result = Tensor.Zeros(ids.Length, Out);
        layer.ForwardInto<AnyRank>(ids, result);
        float[] table = new float[9 * Out];
        layer.CopyWeightTo(table);
        double[][] values = [Doubles(table), Doubles(adapter.A.Span), Doubles(adapter.B.Span), Doubles(adapter.Magnitude!.Span)];

        // With the table's transpose the features are rows, as in a linear layer.
        double[] norms = Norms(Transposed(values[0], 9, Out), values[1], values[2], 1.5);
        double[] Forward(double[][] v)
        {
            double[] rows = new double[ids.Length * Out];
            for (int i = 0; i < rows.Length; i++)
            {
                int id = ids[i / Out];
                int o = i % Out;
                double up = (v[1][id * 2] * v[2][o]) + (v[1][(id * 2) + 1] * v[2][Out + o]);
                rows[i] = v[3][o] / norms[o] * (v[0][(id * Out) + o] + (1.5 * up));
            }

            return rows;
        }

        RelativeDistance(Doubles(result.Span), Forward(values)).ShouldBeLessThan(1e-6);
        layer.ForwardBackward<AnyRank>(ids, seed);
        Near(Doubles(adapter.A.Gradient.Span), CentralDifferences(values, 1, Forward, seed), "A");
        Near(Doubles(adapter.B.Gradient.Span), CentralDifferences(values, 2, Forward, seed), "B");
        Near(Doubles(adapter.Magnitude!.Gradient.Span), CentralDifferences(values, 3, Forward, seed), "magnitude");
        if (!isFrozen)
        {
            Near(Doubles(layer.Weights[0].Dense!.Gradient.Span), CentralDifferences(values, 0, Forward, seed), "W");
        }
    }

    [Fact]
    public void A_fresh_magnitude_changes_no_bit()
    {
        var linear = new Linear(33, 50);
        var embedding = new Embedding(20, 12);
        linear.Attach(new LoraSettings { Rank = 4, Alpha = 8, UseDora = true }, "linear");
        embedding.Attach(new LoraSettings { Rank = 4, Alpha = 8, UseDora = true }, "embedding");
        Tensor x = Tensor.RandomNormal(1, 9, 33);
        linear.Forward(x).Span.ToArray().ShouldBe(linear.ForwardFrozen(x).Span.ToArray());
        embedding.Forward([1, 5, 1]).Span.ToArray().ShouldBe(embedding.ForwardFrozen([1, 5, 1]).Span.ToArray());
        linear.Adapter!.Magnitude!.Span[7] *= 2;
        embedding.Adapter!.Magnitude!.Span[7] *= 2;
        linear.Forward(x).Span.ToArray().ShouldNotBe(linear.ForwardFrozen(x).Span.ToArray());
        embedding.Forward([1, 5, 1]).Span.ToArray().ShouldNotBe(embedding.ForwardFrozen([1, 5, 1]).Span.ToArray());
    }

    [Fact]
    public void A_magnitude_that_nothing_has_changed_follows_weights_that_are_set_later()
    {
        var layer = new Linear(6, 4);
        layer.Attach(new LoraSettings { Rank = 2, UseDora = true }, "layer");
        float[] first = layer.Adapter!.Magnitude!.Span.ToArray();
        layer.SetWeight(Tensor.RandomNormal(8, 4, 6));
        float[] second = layer.Adapter!.Magnitude!.Span.ToArray();
        second.ShouldNotBe(first);
        Tensor x = Tensor.RandomNormal(1, 3, 6);
        layer.Forward(x).Span.ToArray().ShouldBe(layer.ForwardFrozen(x).Span.ToArray());
        layer.Adapter.Magnitude.Span[0] = 7;
        layer.SetWeight(Tensor.RandomNormal(9, 4, 6));
        layer.Adapter!.Magnitude!.Span.ToArray().ShouldBe([7, .. second[1..]]);
    }

    [Fact]
    public void A_magnitude_waits_for_weights_that_are_not_there_yet()
    {
        Linear layer;
        using (Layer.WithoutWeights())
        {
            layer = new Linear(6, 4);
        }

        layer.Attach(new LoraSettings { Rank = 2, UseDora = true }, "layer");
        layer.SetBias(Tensor.RandomNormal(7, 4));
        layer.SetWeight(Tensor.RandomNormal(8, 4, 6));
        layer.Adapter!.Magnitude!.Span.ToArray().ShouldAllBe(norm => norm > 0);
        Tensor x = Tensor.RandomNormal(1, 3, 6);
        layer.Forward(x).Span.ToArray().ShouldBe(layer.ForwardFrozen(x).Span.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_of_zeros_have_no_direction_and_stay_finite(bool isTable)
    {
        Tensor weight = Tensor.RandomNormal(1, 4, 4);
        weight.Span[..4].Clear();
        weight.Span[4] = weight.Span[8] = weight.Span[12] = 0;
        AdaptedLayer layer = isTable ? Embedding.From(weight) : Linear.From(weight, null);
        layer.Attach(new LoraSettings { Rank = 2, UseDora = true }, "layer");
        if (isTable)
        {
            layer.Adapter!.B.Span.Clear();
            ((Embedding)layer).Forward([0, 1, 2, 3]).Span.ToArray().ShouldBe(weight.Span.ToArray());
            return;
        }

        Tensor x = Tensor.RandomNormal(1, 3, 4);
        ((Linear)layer).Forward(x).Span.ToArray().ShouldBe(((Linear)layer).ForwardFrozen(x).Span.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Merged_weights_give_what_the_magnitude_gives(bool isTable)
    {
        AdaptedLayer layer = isTable ? new Embedding(40, 24) : new Linear(40, 24);
        LoraAdapter adapter = Attach(layer, new LoraSettings { Rank = 3, Alpha = 2, UseDora = true, UseRsLora = true });
        Tensor x = Tensor.RandomNormal(1, 9, 40);
        int[] ids = [.. Enumerable.Range(0, 40)];
        float[] Run() => isTable ? ((Embedding)layer).Forward(ids).Span.ToArray() : ((Linear)layer).Forward(x).Span.ToArray();
        double[] adapted = Doubles(Run());
        float[] frozen = layer.Weights[0].ToTensor().Span.ToArray();
        layer.Merge(keepOriginal: true);
        RelativeDistance(Doubles(Run()), adapted).ShouldBeLessThan(1e-6);
        layer.Unmerge();
        layer.Weights[0].ToTensor().Span.ToArray().ShouldBe(frozen);
        Doubles(Run()).ShouldBe(adapted);

        // The norm of each merged feature is its magnitude.
        float[] merged = (isTable ? (AdaptedLayer)((Embedding)layer).Merged(adapter) : ((Linear)layer).Merged(adapter)).Weights[0].ToTensor().Span.ToArray();
        for (int o = 0; o < 24; o++)
        {
            double square = Enumerable.Range(0, 40).Sum(i => Math.Pow(merged[isTable ? (i * 24) + o : (o * 40) + i], 2));
            Math.Sqrt(square).ShouldBe(Math.Abs(adapter.Magnitude!.Span[o]), 1e-5);
        }
    }

    [Fact]
    public void Dropout_acts_in_training_alone_and_eager_calls_repeat_it()
    {
        var layer = new Linear(30, 8);
        var model = new LayersModel(("block.layer", layer));
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["layer"], Dropout = 0.5f });
        layer.Adapter!.B.Span.Fill(0.3f);
        Tensor x = Tensor.RandomNormal(1, 4, 30);
        float[] inference = layer.Forward(x).Span.ToArray();
        layer.Forward(x).Span.ToArray().ShouldBe(inference);
        float[] Training()
        {
            Tensor result = Tensor.Zeros(4, 8);
            layer.ForwardInto<AnyRank>(x, result, Tensor.Uninitialized(layer.ForwardSaves(x)));
            return result.Span.ToArray();
        }

        float[][] masked;
        ModelState.Of(model).NextStep = 3;
        using (ModelState.Of(model).BeginCall())
        {
            masked = [Training(), Training()];
        }

        masked[0].ShouldNotBe(inference);
        masked[0].ShouldNotBe(masked[1]);
        using (model.TrainingMode(3))
        {
            layer.Forward(x).Span.ToArray().ShouldBe(masked[0]);
            layer.Forward(x).Span.ToArray().ShouldBe(masked[1]);
            using (model.TrainingMode(4))
            {
                layer.Forward(x).Span.ToArray().ShouldNotBe(masked[0]);
            }
        }

        layer.Forward(x).Span.ToArray().ShouldBe(inference);
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1f)]
    [InlineData(float.NaN)]
    public void A_dropout_outside_its_range_is_refused(float dropout) =>
        Should.Throw<ArgumentException>(() => new LoraLinear(new Linear(4, 4), new LoraSettings { Dropout = dropout })).Message.ShouldContain("Dropout");

    private static LoraAdapter Attach(AdaptedLayer layer, LoraSettings settings)
    {
        layer.Attach(settings, "layer");
        LoraAdapter adapter = layer.Adapter!;
        ulong seed = 20;
        foreach (Parameter parameter in adapter.Parameters)
        {
            Tensor.RandomNormal(seed++, parameter.Shape).Span.CopyTo(parameter.Span);
        }

        return adapter;
    }

    private static double[] LinearForward(
        double[] x, double[] weight, double[] bias, double[] a, double[] b, double[] magnitude, double[]? norms, double[] mask, double scaling)
    {
        int rank = a.Length / In;
        double[] result = new double[Count * Out];
        for (int i = 0; i < Count; i++)
        {
            for (int o = 0; o < Out; o++)
            {
                double frozen = 0;
                double dropped = 0;
                double up = 0;
                for (int k = 0; k < In; k++)
                {
                    double input = x[(i * In) + k];
                    frozen += input * weight[(o * In) + k];
                    dropped += mask[(i * In) + k] * input * weight[(o * In) + k];
                    for (int r = 0; r < rank; r++)
                    {
                        up += mask[(i * In) + k] * input * a[(k * rank) + r] * b[(r * Out) + o];
                    }
                }

                double scale = norms is null ? 1 : magnitude[o] / norms[o];
                result[(i * Out) + o] = frozen + bias[o] + ((scale - 1) * dropped) + (scale * scaling * up);
            }
        }

        return result;
    }

    private static double[] Norms(double[] weight, double[] a, double[] b, double scaling)
    {
        int features = b.Length / 2;
        int inputs = a.Length / 2;
        double[] norms = new double[features];
        for (int o = 0; o < features; o++)
        {
            double square = 0;
            for (int k = 0; k < inputs; k++)
            {
                square += Math.Pow(weight[(o * inputs) + k] + (scaling * ((a[k * 2] * b[o]) + (a[(k * 2) + 1] * b[features + o]))), 2);
            }

            norms[o] = Math.Sqrt(square);
        }

        return norms;
    }

    private static double[] CentralDifferences(double[][] values, int which, Func<double[][], double[]> forward, Tensor seed)
    {
        double[] gradient = new double[values[which].Length];
        for (int i = 0; i < gradient.Length; i++)
        {
            double Loss(double shift)
            {
                double[][] moved = [.. values];
                moved[which] = [.. values[which]];
                moved[which][i] += shift;
                double[] result = forward(moved);
                double sum = 0;
                for (int k = 0; k < result.Length; k++)
                {
                    sum += result[k] * seed.Span[k];
                }

                return sum;
            }

            gradient[i] = (Loss(Step) - Loss(-Step)) / (2 * Step);
        }

        return gradient;
    }

    private static void Near(double[] actual, double[] expected, string name)
    {
        expected.ShouldContain(value => Math.Abs(value) > 0.1, name);
        RelativeDistance(actual, expected).ShouldBeLessThan(1e-5, name);
    }

    private static double RelativeDistance(double[] actual, double[] expected) =>
        Math.Sqrt(actual.Zip(expected, (a, b) => (a - b) * (a - b)).Sum() / expected.Sum(value => value * value));

    private static double[] WeightOf(Linear layer) => Doubles(layer.Weights[0].ToTensor().Span);

    private static double[] BiasOf(Linear layer) => Doubles(layer.Weights[1].ToTensor().Span);

    private static double[] Transposed(double[] values, int rows, int columns)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            result[(i % columns * rows) + (i / columns)] = values[i];
        }

        return result;
    }

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }
}
