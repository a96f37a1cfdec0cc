namespace Lora.Models.Tests;

/// <summary>An operation that does something beside its work while it runs.</summary>
public static class Interrupted
{
    [ThreadStatic]
    private static Action? _meanwhile;

    [Derivative(nameof(CopyBackward), Into = nameof(CopyInto))]
    public static Tensor Copy(Tensor x) => Operation.Run(CopyInto, x, x.Shape);

    public static void CopyInto(Tensor x, Tensor result)
    {
        x.Span.CopyTo(result.Span);
        Action? meanwhile = _meanwhile;
        _meanwhile = null;
        meanwhile?.Invoke();
    }

    public static void CopyBackward(Tensor gradResult, Tensor gradX)
    {
        for (int i = 0; i < gradX.Length; i++)
        {
            gradX.Span[i] += gradResult.Span[i];
        }
    }

    public static void Once(Action meanwhile) => _meanwhile = meanwhile;
}

/// <summary>A model that can be interrupted.</summary>
public sealed partial class InterruptedModel
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _lin = new(4, 4);

    [Differentiable]
    public Tensor Forward(Tensor x) => Interrupted.Copy(Nn.Tanh(_lin.Forward(x)));

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);
}

/// <summary>One model, several threads: plain calls may run beside each other, training is one caller at a time.</summary>
public sealed class ThreadTests
{
    private static readonly Tensor _x = Tensor.RandomNormal(1, 3, 4);
    private static readonly Tensor _target = Tensor.RandomNormal(2, 3, 4);

    [Fact]
    public void Training_while_training_is_refused_and_plain_calls_are_not()
    {
        var model = new InterruptedModel();
        model.Lin.B.Span.Fill(0.3f);
        float alone = model.LossAndGradients(_x, _target);
        float[] gradient = model.Lin.A.Gradient.Span.ToArray();
        model.Lin.A.ZeroGradient();
        var refusals = new List<string>();
        Interrupted.Once(() =>
        {
            model.Loss(_x, _target).ShouldBe(alone, 1e-6f);
            foreach (Action training in (Action[])[() => model.LossAndGradients(_x, _target), () => model.ForwardWithPullback(_x)])
            {
                var thread = new Thread(() => refusals.Add(Should.Throw<InvalidOperationException>(training).Message));
                thread.Start();
                thread.Join();
            }
        });
        model.LossAndGradients(_x, _target).ShouldBe(alone);
        refusals.Count.ShouldBe(2);
        refusals.ShouldAllBe(message => message.Contains("training is one caller at a time"));
        model.Lin.A.Gradient.Span.ToArray().ShouldBe(gradient);
        model.LossAndGradients(_x, _target).ShouldBe(alone);
    }

    [Fact]
    public void Plain_calls_on_many_threads_give_the_bits_of_one()
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted("tied");
        TokenRows rows = LlamaGoldenTests.FirstBatch("tied");
        float[] alone = model.Forward(rows.Tokens, rows.Batch).Span.ToArray();
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => model.Forward(rows.Tokens, rows.Batch).Span.ToArray().ShouldBe(alone));
    }

    [Fact]
    public void First_uses_on_many_threads_attach_the_adapters_once()
    {
        for (int round = 0; round < 50; round++)
        {
            var model = new InterruptedModel();
            var found = new Parameter[8];
            Parallel.For(0, found.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => found[i] = i % 2 == 0 ? model.Lin.A : model.TrainableParameters[0]);
            found.ShouldAllBe(parameter => ReferenceEquals(parameter, found[0]));
        }
    }
}
