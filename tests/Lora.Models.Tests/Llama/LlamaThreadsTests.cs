namespace Lora.Models.Tests;

[Collection(nameof(AloneCollection))]
public sealed class LlamaThreadsTests
{
    [Fact]
    public void Losses_and_gradients_are_the_same_bits_for_any_number_of_threads()
    {
        (int[] Losses, int[] Gradients) one = Train(1);
        one.Losses.Distinct().Count().ShouldBe(one.Losses.Length);
        foreach (int threads in (int[])[2, 3])
        {
            (int[] losses, int[] gradients) = Train(threads);
            losses.ShouldBe(one.Losses, $"{threads} threads");
            gradients.ShouldBe(one.Gradients, $"{threads} threads");
        }
    }

    // The bits of four losses, and of the gradients of the last step.
    private static (int[] Losses, int[] Gradients) Train(int threads)
    {
        int before = LoraThreads.Count;
        LoraThreads.Count = threads;
        try
        {
            LoraRandom.ManualSeed(7);
            var model = new LlamaForCausalLM(new LlamaConfig
            {
                VocabSize = 300,
                HiddenSize = 96,
                IntermediateSize = 200,
                NumHiddenLayers = 2,
                NumAttentionHeads = 4,
                NumKeyValueHeads = 2,
                HeadDim = 24,
            });
            model.ApplyLora(new LoraOptions { Rank = 8, Alpha = 16, TargetMatching = TargetMatching.AllLinear });
            var adam = new AdamW(model.TrainableParameters, 1e-2f);
            int[] tokens = [.. Enumerable.Range(0, 2 * 70).Select(i => i * 37 % 300)];
            int[] targets = [.. Enumerable.Range(0, 2 * 70).Select(i => i * 53 % 300)];
            int[] losses = new int[4];
            for (int step = 0; step < losses.Length; step++)
            {
                adam.ZeroGrad();
                losses[step] = BitConverter.SingleToInt32Bits(model.LossAndGradients(tokens, targets, batch: 2));
                adam.Step();
            }

            return (losses, [.. model.TrainableParameters.SelectMany(parameter => parameter.Gradient.Span.ToArray().Select(BitConverter.SingleToInt32Bits))]);
        }
        finally
        {
            LoraThreads.Count = before;
        }
    }
}
