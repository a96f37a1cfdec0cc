using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Lora.Models.Tests;

public sealed class FrozenWeightsTests
{
    [Theory]
    [InlineData("tied")]
    [InlineData("untied")]
    public void Training_changes_no_bit_of_the_frozen_weights(string name)
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted(name);
        string before = Hash(model.StateDict());
        string adaptersBefore = Hash(model.TrainableParameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value));
        Train(model, new Adam(model.TrainableParameters, 0.01f), LlamaGoldenTests.FirstBatch(name), steps: 5);
        Hash(model.StateDict()).ShouldBe(before);
        Hash(model.TrainableParameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value)).ShouldNotBe(adaptersBefore);
    }

    [Fact]
    public void The_optimiser_remembers_adapters_and_nothing_else()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        model.ApplyLora(new LoraOptions { Rank = 2, Alpha = 3 });
        var adam = new Adam(model.TrainableParameters);
        Train(model, adam, LlamaGoldenTests.FirstBatch("tied"), steps: 2);

        // Per layer q [8 → 8] and v [8 → 4], each with A [8, 2] and B [2, out].
        const int Elements = 2 * ((2 * (8 + 8)) + (2 * (8 + 4)));
        model.CountParameters().Trainable.ShouldBe(Elements);
        ModelMemory.Of(model, adam).Gradients.ShouldBe(Elements * sizeof(float));
        adam.State.Where(part => !part.Name.EndsWith(".step", StringComparison.Ordinal)).Sum(part => (long)part.Value.Length * sizeof(float))
            .ShouldBe(2 * Elements * sizeof(float));
        adam.StateBytes.ShouldBe((2 * Elements * sizeof(float)) + (model.TrainableParameters.Count * sizeof(float)));
        adam.State.Select(part => part.Name).ShouldAllBe(part => part.Contains(".lora_A.") || part.Contains(".lora_B."));
    }

    internal static void Train(LlamaForCausalLM model, Optimizer optimizer, TokenRows rows, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            model.LossAndGradients(rows.Tokens, rows.Targets, rows.Batch);
            optimizer.Step();
            optimizer.ZeroGrad();
        }
    }

    internal static string Hash(IReadOnlyDictionary<string, Tensor> state)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((_, Tensor value) in state.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            hash.AppendData(MemoryMarshal.AsBytes(value.Span));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
