using System.CommandLine;

namespace Lora.Benchmarks;

/// <summary><c>aot</c>: QuickStart as a native program.</summary>
internal static class AotCommand
{
    public static Command Create()
    {
        var command = new Command("aot", "Publishes QuickStart with NativeAOT; its start, its size, and its speed beside the JIT's. Needs clang or gcc.");
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        NativeQuickStart measured;
        try
        {
            measured = NativeQuickStart.Measure();
        }
        catch (InvalidOperationException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return 2;
        }

        double megabytes = measured.FileBytes / 1e6;
        Console.WriteLine($"starts in {measured.StartMilliseconds:F1} ms (< {NativeQuickStart.MostStartMilliseconds} ms)");
        Console.WriteLine($"file of {megabytes:F2} MB (< {NativeQuickStart.MostFileMegabytes} MB)");
        Console.WriteLine($"step {measured.StepMilliseconds:F2} ms, under the JIT {measured.JitStepMilliseconds:F2} ms: {measured.JitStepMilliseconds / measured.StepMilliseconds:F2}×");
        return measured.StartMilliseconds < NativeQuickStart.MostStartMilliseconds && megabytes < NativeQuickStart.MostFileMegabytes ? 0 : 1;
    }
}
