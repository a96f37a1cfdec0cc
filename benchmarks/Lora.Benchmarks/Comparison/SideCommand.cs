using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Lora.Benchmarks;

/// <summary><c>side</c>: some steps of one side in a process of its own; prints the most memory it took, and what steady steps allocate.</summary>
internal static class SideCommand
{
    private const string Name = "side";
    private const int WarmSteps = 4;

    /// <summary>Runs it as a child.</summary>
    public static SideReport RunChild(string work, bool isPeer, int threads, int steps)
    {
        string[] arguments = [Name, "--work", work, "--threads", $"{threads}", "--steps", $"{steps}", .. isPeer ? (string[])["--torch"] : []];
        string[] words = Child.Run(arguments).Split('\n')[0].Split(' ');
        return new SideReport(long.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture));
    }

    public static Command Create()
    {
        var work = new Option<string>("--work") { Required = true };
        var torch = new Option<bool>("--torch");
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 1 };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 4 };
        var command = new Command(Name, "One side's work in this process: its peak memory, and the managed bytes of its steady steps.") { work, torch, threads, steps };
        command.Hidden = true;
        command.SetAction(given => Run(given.GetRequiredValue(work), given.GetValue(torch), given.GetValue(threads), given.GetValue(steps)));
        return command;
    }

    private static int Run(string name, bool isPeer, int threads, int steps)
    {
        if (isPeer && LibTorch.TryLoad() is { } missing)
        {
            Console.Error.WriteLine(missing);
            return 1;
        }

        if (isPeer)
        {
            LibTorch.UseThreads(threads);
        }

        LoraThreads.Count = threads;
        using IWork work = Make(name, isPeer);
        Run(work, WarmSteps);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Run(work, steps);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        using Process process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{process.PeakWorkingSet64} {allocated}"));
        return 0;
    }

    private static IWork Make(string name, bool isPeer)
    {
        if (name == LoraLayerRows.Demo)
        {
            return isPeer ? new TorchLoraLayer(20, 768, 8, gradientOfInput: false, inFirst: false) : new LoraLayerStep(20, 768, 8, gradientOfInput: false);
        }

        LlamaCase one = LlamaCase.All.Single(one => one.Name == name);
        return isPeer ? new TorchLlamaStep(one, inFirst: false) : new LlamaStep(one);
    }

    private static void Run(IWork work, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            work.Run();
        }
    }
}

/// <summary>What one side takes.</summary>
/// <param name="PeakBytes">The most memory that the process had.</param>
/// <param name="AllocatedBytes">What its steady steps allocated on the managed heap.</param>
internal sealed record SideReport(long PeakBytes, long AllocatedBytes);
