using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>The textbook demo in small against PyTorch: 100 Adam steps from saved tensors.</summary>
public sealed class LinearDemoTests
{
    [Fact]
    public void A_hundred_Adam_steps_go_as_in_PyTorch()
    {
        string folder = Reference.PathOf("traces/demo_linear_64x48_r8");
        JsonElement expected = Reference.Json("traces/demo_linear_64x48_r8/demo.json").GetProperty("float64");
        double[] losses = expected.Doubles("losses");
        Dictionary<string, (int[] Shape, double[] Values)> data = PlainSafetensors.Read(Path.Combine(folder, "data.safetensors"));
        Dictionary<string, (int[] Shape, double[] Values)> end = PlainSafetensors.Read(Path.Combine(folder, "grads_and_final.safetensors"));
        var model = new LinearDemoModel(Of(data["W"]), Of(data["b"]));
        Of(data["A"]).Span.CopyTo(model.Linear.A.Span);
        Of(data["B"]).Span.CopyTo(model.Linear.B.Span);
        Tensor x = Of(data["x"]);
        Tensor target = Of(data["target"]);
        var adam = new Adam(model.TrainableParameters, learningRate: 1e-3f);
        for (int step = 0; step < losses.Length; step++)
        {
            model.LossAndGradients(x, target).ShouldBe((float)losses[step], 2e-5f, $"loss of step {step + 1}");
            if (step < 2)
            {
                model.Linear.A.Gradient.Span.ToDoubles().ShouldBeGradient(end[$"step{step + 1}.grad_A"].Values, $"A at step {step + 1}");
                model.Linear.B.Gradient.Span.ToDoubles().ShouldBeGradient(end[$"step{step + 1}.grad_B"].Values, $"B at step {step + 1}");
            }

            adam.Step();
            adam.ZeroGrad();
        }

        double[] actual = [.. model.Linear.A.Span.ToDoubles(), .. model.Linear.B.Span.ToDoubles()];
        Numbers.RelativeDistance(actual, [.. end["final_A_f64"].Values, .. end["final_B_f64"].Values]).ShouldBeLessThanOrEqualTo(1e-3);
        model.Loss(x, target).ShouldBe((float)expected.GetProperty("loss_after").GetDouble(), 2e-5f);
    }

    [Fact]
    public void The_difference_at_init_is_zero_and_is_not_where_B_is_not()
    {
        LinearDemoModel model = Random();
        Tensor x = Tensor.RandomNormal(3, 2, 10, 768);
        Numbers.MaxDifference(model.Forward(x).Span.ToDoubles(), model.Linear.ForwardFrozen(x).Span.ToDoubles()).ShouldBe(0);
        model.Linear.B.Span[5] = 1e-3f;
        Numbers.MaxDifference(model.Forward(x).Span.ToDoubles(), model.Linear.ForwardFrozen(x).Span.ToDoubles()).ShouldBeGreaterThan(1e-4);
    }

    [Fact]
    public void The_counts_are_those_of_the_textbook()
    {
        ParameterCount count = Random().CountParameters();
        (count.Total, count.Trainable, count.Frozen).ShouldBe((602_880, 12_288, 590_592));
        count.ToString().ShouldBe("trainable params: 12,288 || all params: 602,880 || trainable%: 2.0382");
    }

    private static LinearDemoModel Random() => new(Tensor.RandomUniform(1, -0.03f, 0.03f, 768, 768), Tensor.RandomUniform(2, -0.03f, 0.03f, 768));

    private static Tensor Of((int[] Shape, double[] Values) tensor) => Tensor.From([.. tensor.Values.Select(value => (float)value)], tensor.Shape);
}
