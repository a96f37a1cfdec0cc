using System.Diagnostics;
using System.Globalization;

namespace Lora.Models.Tests;

/// <summary>
/// What counts allocations runs alone: an adapter that another test applies makes every model look for its trainable parameters again. So does what depends on the
/// seed that all share.
/// </summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

[Collection(nameof(AloneCollection))]
public sealed class LlamaAllocationTests
{
    [Theory]
    [InlineData("tied")]
    [InlineData("untied")]
    public void A_steady_step_allocates_nothing(string name)
    {
        LlamaForCausalLM model = LlamaGoldenTests.Adapted(name);
        TokenRows rows = LlamaGoldenTests.FirstBatch(name);
        var adam = new Adam(model.TrainableParameters);
        FrozenWeightsTests.Train(model, adam, rows, steps: 3);
        SteadyAllocation.OfThread(() => FrozenWeightsTests.Train(model, adam, rows, steps: 10)).ShouldBe(0);
    }

    [Fact]
    public void Nor_does_the_whole_process() => Probe(Golden.PathOf("tied"))[0].ShouldBe("thread 0 process 0");

    [Fact]
    public void A_real_model_trains_in_the_memory_that_it_says_and_allocates_nothing()
    {
        string[] lines = Probe(Reference.PathOf("stories260K/hf"));
        lines[0].ShouldBe("thread 0 process 0");
        string[] memory = lines[1].Split(' ');
        double heap = double.Parse(memory[1], CultureInfo.InvariantCulture);
        double sum = double.Parse(memory[3], CultureInfo.InvariantCulture);

        // Beside the sum are what the runtime keeps for itself, rotary angles and scratch memory, the largest of it a block of weights turned over for each
        // thread. A gradient, a moment or a dense copy of the frozen weights would be 1,040,128 bytes.
        heap.ShouldBeInRange(sum, sum + 600_000, lines[1]);
    }

    // In a process of its own: this one runs other tests, whose allocations count too.
    private static string[] Probe(string model)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Lora.Models.AllocationProbe" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        var start = new ProcessStartInfo(program, [model]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_TieredCompilation"] = "0"; // A compilation in the background takes managed memory of its own.
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, errors.Result);
        return output.Split('\n', StringSplitOptions.TrimEntries);
    }
}
