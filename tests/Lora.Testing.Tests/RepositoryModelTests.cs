using Lora.Models;
using Lora.Models.Tests;
using Lora.Models.Tests.Readme;
using QuickStart;

namespace Lora.Testing.Tests;

/// <summary>The models of this repository pass their own proofs.</summary>
[Collection("one seed")]
public sealed class RepositoryModelTests
{
    private static readonly Tensor _x = Tensor.RandomNormal(1, 3, 4);
    private static readonly Tensor _target = Tensor.RandomNormal(2, 3, 4);

    public RepositoryModelTests() => LoraRandom.ManualSeed(42);

    [Fact]
    public void QuickStart()
    {
        (Tensor x, Tensor target) = (Tensor.RandomNormal(1, 2, 3, 12), Tensor.RandomNormal(2, 2, 3, 12));
        ModelProof.Check(new Demo(12), model => model.Loss(x, target), model => model.LossAndGradients(x, target));
        CheckForward(new Demo(12), model => model.Forward(x), (model, gradient) =>
        {
            var pullback = model.ForwardWithPullback(x);
            pullback.Backward(gradient);
            return pullback.Value;
        });
    }

    [Fact]
    public void Readme()
    {
        (Tensor x, Tensor target) = (Tensor.RandomNormal(1, 2, 5, 16), Tensor.RandomNormal(2, 2, 5, 16));
        ModelProof.Check(new Regressor(16), model => model.Loss(x, target), model => model.LossAndGradients(x, target));
        CheckForward(new Regressor(16), model => model.Forward(x), (model, gradient) =>
        {
            var pullback = model.ForwardWithPullback(x);
            pullback.Backward(gradient);
            return pullback.Value;
        });
        CheckForward(new Attention(16, 4), model => model.Forward(x), (model, gradient) =>
        {
            var pullback = model.ForwardWithPullback(x);
            pullback.Backward(gradient);
            return pullback.Value;
        });
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void Llama(bool isTied, bool hasBiases)
    {
        var model = new LlamaForCausalLM(new LlamaConfig
        {
            VocabSize = 23,
            HiddenSize = 16,
            IntermediateSize = 24,
            NumHiddenLayers = 2,
            NumAttentionHeads = 4,
            NumKeyValueHeads = 2,
            HeadDim = 4,
            MaxPositionEmbeddings = 16,
            TieWordEmbeddings = isTied,
            QkvBias = hasBiases,
            OutputBias = hasBiases,
            MlpBias = hasBiases,
        });
        string[] targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
        model.ApplyLora(new LoraOptions { Rank = 3, Alpha = 5, TargetModules = isTied ? targets : [.. targets, "lm_head", "embed_tokens"] });
        int[] tokens = [3, 17, 5, 9, 0, 22, 11, 4, 8, 2];
        int[] next = [17, 5, 9, 0, 22, 11, 4, -100, 2, 1];
        ModelProof.Check(model, m => m.Loss(tokens, next, 2), m => m.LossAndGradients(tokens, next, 2));
        CheckForward(model, m => m.Forward(tokens, 2), (m, gradient) =>
        {
            var pullback = m.ForwardWithPullback(tokens, 2);
            pullback.Backward(gradient);
            return pullback.Value;
        });
    }

    [Fact]
    public void Steps()
    {
        ModelProof.Check(new StepBlock(), model => model.Loss(_x, _target), model => model.LossAndGradients(_x, _target));
        ModelProof.Check(new StepProducts(), model => model.Loss(_x, _target), model => model.LossAndGradients(_x, _target));
        ModelProof.Check(new StepNorm(), model => model.Loss(_x, _target), model => model.LossAndGradients(_x, _target));
        ModelProof.Check(
            new StepShared(new Linear(4, 4), new StepNorm()), model => model.Loss(_x, _target), model => model.LossAndGradients(_x, _target));
        ModelProof.Check(
            new StepSettable { Head = new Linear(4, 4) }, model => model.Loss(_x, _target), model => model.LossAndGradients(_x, _target));
        CheckForward(new StepPair(new StepBlock(), new StepBlock()), model => model.Forward(_x), (model, gradient) =>
        {
            var pullback = model.ForwardWithPullback(_x);
            pullback.Backward(gradient);
            return pullback.Value;
        });
    }

    private static void CheckForward<TModel>(TModel model, Func<TModel, Tensor> forward, Func<TModel, Tensor, Tensor> forwardWithPullback)
        where TModel : class, ILoraModel
    {
        ModelProofReport report = ModelProof.Check(model, forward, forwardWithPullback);
        report.Proofs.ShouldAllBe(proof => proof.Faults.Count == 0 && proof.Summary.Length > 0);
    }
}
