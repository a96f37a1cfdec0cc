namespace Lora.Models.Tests;

/// <summary>The memory of training a Llama: known before the first step, and less with checkpoints.</summary>
[Collection(nameof(AloneCollection))]
public sealed class LlamaMemoryTests
{
    private const int Batch = 4;
    private const int Length = 24;

    private static readonly LlamaConfig _config = new()
    {
        VocabSize = 512,
        HiddenSize = 64,
        IntermediateSize = 172,
        NumHiddenLayers = 5,
        NumAttentionHeads = 8,
        NumKeyValueHeads = 4,
        HeadDim = 8,
    };

    private static readonly int[] _tokens = [.. Enumerable.Range(0, Batch * Length).Select(i => i * 37 % 512)];
    private static readonly int[] _targets = [.. Enumerable.Range(1, Batch * Length).Select(i => i * 37 % 512)];

    [Theory]
    [InlineData("q_proj,v_proj", false, false)]
    [InlineData("q_proj,v_proj", true, true)]
    [InlineData("q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj,lm_head", false, true)]
    [InlineData("q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj", true, false)]
    public void What_is_told_is_taken(string targets, bool checkpoints, bool isTied)
    {
        LlamaForCausalLM model = Adapted(targets, checkpoints, isTied: isTied && !targets.Contains("lm_head", StringComparison.Ordinal));
        ModelMemory told = model.LossMemory(_tokens.Length, _targets.Length, Batch);
        ModelMemory.Of(model).Activations.ShouldBe(0);
        var adam = new Adam(model.TrainableParameters);
        for (int step = 0; step < 3; step++)
        {
            model.LossAndGradients(_tokens, _targets, Batch);
            adam.Step();
        }

        ModelMemory.Of(model, adam).ShouldBe(told);
    }

    [Fact]
    public void Frozen_layers_keep_no_inputs_and_logits_have_no_second_buffer()
    {
        // Of each layer stay, for q and v, the two residual sums, the first norm, q, k, v, gate and up; and the logits. Beside the last come the statistics of
        // norms, attention and cross-entropy, and x·A.
        const int Rows = Batch * Length;
        long expected = sizeof(float) * (((long)Rows * _config.NumHiddenLayers * ((4 * 64) + (2 * 32) + (2 * 172))) + ((long)Rows * (64 + 512)));
        ModelMemory told = Adapted("q_proj,v_proj", checkpoints: false).LossMemory(Rows, Rows, Batch);
        told.Activations.ShouldBeInRange(expected, (long)(1.1 * expected));

        ModelMemory twice = Adapted("q_proj,v_proj", checkpoints: false, vocabulary: 1024).LossMemory(Rows, Rows, Batch);
        long difference = twice.Activations + twice.Scratch - told.Activations - told.Scratch;
        difference.ShouldBeInRange(Rows * 512 * sizeof(float), (long)(1.1 * Rows * 512 * sizeof(float)));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.3f)]
    public void Checkpoints_give_the_same_gradients_bit_for_bit_in_less_memory(float dropout)
    {
        LlamaForCausalLM[] models = [Adapted("q_proj,v_proj,down_proj", false, dropout), Adapted("q_proj,v_proj,down_proj", true, dropout)];
        for (int step = 0; step < 2; step++)
        {
            float[] losses = [.. models.Select(model => model.LossAndGradients(_tokens, _targets, Batch))];
            losses[1].ShouldBe(losses[0]);
        }

        float[][][] gradients = [.. models.Select(model => model.TrainableParameters.Select(parameter => parameter.Gradient.Span.ToArray()).ToArray())];
        gradients[1].ShouldBe(gradients[0]);
        gradients[0].ShouldAllBe(gradient => gradient.Any(value => value != 0));
        ModelMemory.Of(models[1]).Activations.ShouldBeLessThan(ModelMemory.Of(models[0]).Activations / 2);
    }

    [Fact]
    public void Steps_with_checkpoints_allocate_nothing()
    {
        LlamaForCausalLM model = Adapted("q_proj,v_proj", checkpoints: true, dropout: 0.1f);
        void Run()
        {
            for (int i = 0; i < 4; i++)
            {
                model.LossAndGradients(_tokens, _targets, Batch);
            }
        }

        Run();
        SteadyAllocation.OfThread(Run).ShouldBe(0);
    }

    [Fact]
    public void A_model_of_eight_billion_parameters_is_measured_without_its_weights()
    {
        var config = new LlamaConfig
        {
            VocabSize = 128_256,
            HiddenSize = 4096,
            IntermediateSize = 14_336,
            NumHiddenLayers = 32,
            NumAttentionHeads = 32,
            NumKeyValueHeads = 8,
            HeadDim = 128,
        };
        long before = GC.GetAllocatedBytesForCurrentThread();
        LlamaForCausalLM model;
        using (Layer.WithoutWeights())
        {
            model = new LlamaForCausalLM(config) { CheckpointsLayers = true };
            model.ApplyLora(new LoraOptions { Rank = 16, Alpha = 32, TargetModules = ["q_proj", "v_proj"] });
        }

        ModelMemory told = model.LossMemory(512, 512, 1);
        told.Weights.ShouldBeInRange(8_030_261_248L * sizeof(float), (long)(1.01 * 8_030_261_248L * sizeof(float)));
        told.Adapters.ShouldBe(6_815_744L * sizeof(float));
        told.Gradients.ShouldBe(told.Adapters);
        told.Activations.ShouldBeGreaterThan(512L * (128_256 + (32 * 4096)) * sizeof(float));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000_000);
    }

    [Fact]
    public void Memory_of_a_merged_model_is_refused()
    {
        LlamaForCausalLM model = Adapted("q_proj", checkpoints: false);
        model.MergeAdapters();
        Should.Throw<InvalidOperationException>(() => model.LossMemory(8, 8, 1)).Message.ShouldContain("merged");
    }

    private static LlamaForCausalLM Adapted(string targets, bool checkpoints, float dropout = 0, bool isTied = false, int vocabulary = 512)
    {
        LoraRandom.ManualSeed(5);
        var model = new LlamaForCausalLM(_config with { TieWordEmbeddings = isTied, VocabSize = vocabulary }) { CheckpointsLayers = checkpoints };
        model.ApplyLora(new LoraOptions { Rank = 4, Alpha = 8, Dropout = dropout, TargetModules = targets.Split(',') });
        ulong seed = 11;
        foreach (Parameter parameter in model.TrainableParameters)
        {
            Tensor.RandomUniform(seed++, -0.1f, 0.1f, parameter.Shape).Span.CopyTo(parameter.Span);
        }

        return model;
    }
}
