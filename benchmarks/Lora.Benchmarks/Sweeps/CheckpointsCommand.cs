using System.CommandLine;

namespace Lora.Benchmarks;

/// <summary><c>checkpoints</c>: what it saves in memory, and costs in time, to compute each layer again in the backward pass.</summary>
internal static class CheckpointsCommand
{
    private const double MiB = 1 << 20;

    public static Command Create()
    {
        var threads = new Option<int>("--threads") { Description = "The threads.", DefaultValueFactory = _ => 1 };
        var command = new Command("checkpoints", "A training step of Llamas with saved activations, and with layers that are computed again.") { threads };
        command.SetAction(given => Run(given.GetValue(threads)));
        return command;
    }

    private static void Run(int threads)
    {
        LoraThreads.Count = threads;
        foreach (LlamaCase one in LlamaCase.All)
        {
            using var saving = new LlamaStep(one);
            using var again = new LlamaStep(one, checkpointsLayers: true);
            double[] seconds = Interleaved.Minimum([saving, again], Repeats.Quick);
            Console.WriteLine(
                $"{one.Name}: activations {saving.Memory.Activations / MiB:F1} → {again.Memory.Activations / MiB:F1} MiB, " +
                $"with scratch {Passing(saving.Memory):F1} → {Passing(again.Memory):F1} MiB, " +
                $"{1000 * seconds[0]:F1} → {1000 * seconds[1]:F1} ms ({seconds[1] / seconds[0]:F2}×)");
        }
    }

    private static double Passing(ModelMemory memory) => (memory.Activations + memory.Scratch) / MiB;
}
