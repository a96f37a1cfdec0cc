using System.Text.Json;

namespace Lora.Tests.Optimizers;

/// <summary>The textbook's loop on one adapted layer, against what PyTorch computed from the same tensors.</summary>
public class TextbookTraceTests
{
    private const string Trace = "demo_linear_64x48_r8";

    [Fact]
    public void Hundred_Adam_steps_follow_PyTorch()
    {
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(Shared.Path("traces", Trace, "demo.json")));
        using SafetensorsFile data = SafetensorsFile.Open(Shared.Path("traces", Trace, "data.safetensors"));
        using SafetensorsFile final = SafetensorsFile.Open(Shared.Path("traces", Trace, "grads_and_final.safetensors"));
        double[] losses = [.. trace.RootElement.GetProperty("float32").GetProperty("losses").EnumerateArray().Select(loss => loss.GetDouble())];
        losses.Length.ShouldBe(100);

        Linear linear = Linear.From(data.Read("W"), data.Read("b"));
        LoraAdapter adapter = linear.NewAdapter(new LoraSettings { Rank = 8, Alpha = 16 }, "linear");
        data.ReadInto("A", adapter.A.Span);
        data.ReadInto("B", adapter.B.Span);
        linear.Attach(adapter, "linear");
        Tensor x = data.Read("x");
        Tensor target = data.Read("target");
        Tensor y = Tensor.Zeros(linear.ForwardShape(x).AsSpan());
        Tensor saved = Tensor.Zeros(linear.ForwardSaves(x).AsSpan());
        Tensor gradY = Tensor.Zeros(y.Shape);
        var adam = new Adam([adapter.A, adapter.B], 1e-3f);
        for (int step = 0; step < losses.Length; step++)
        {
            linear.ForwardInto<AnyRank>(x, y, saved);
            ((double)Nn.MseLoss(y, target)).ShouldBe(losses[step], 2e-5, $"loss of step {step}");
            gradY.Span.Clear();
            Nn.MseLossBackward(y, target, 1, gradY, null);
            linear.ForwardBackward<AnyRank>(x, saved, gradY, null);
            if (step == 0)
            {
                adapter.A.Gradient.Span.ToArray().ShouldBe(final.Read("step1.grad_A").Span.ToArray(), 1e-5);
                adapter.B.Gradient.Span.ToArray().ShouldBe(final.Read("step1.grad_B").Span.ToArray(), 1e-5);
                RelativeError(adapter.B.Gradient, final.Read("step1.grad_B")).ShouldBeLessThan(5e-3);
            }

            adam.Step();
            adam.ZeroGrad();
        }

        RelativeError(adapter.A.Value, final.Read("final_A_f64")).ShouldBeLessThan(1e-3);
        RelativeError(adapter.B.Value, final.Read("final_B_f64")).ShouldBeLessThan(1e-3);
    }

    private static double RelativeError(Tensor actual, Tensor expected)
    {
        double error = 0;
        double norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error += Math.Pow(actual.Span[i] - expected.Span[i], 2);
            norm += Math.Pow(expected.Span[i], 2);
        }

        return Math.Sqrt(error / norm);
    }
}
