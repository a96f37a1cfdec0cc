using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Perfolizer.Horology;

namespace Lora.Benchmarks.Kernels;

/// <summary><c>kernels</c>: BenchmarkDotNet over the kernels, in this process, each with its share of the machine's bound.</summary>
internal static class KernelsCommand
{
    public static Command Create()
    {
        var arguments = new Argument<string[]>("arguments")
        {
            Description = "BenchmarkDotNet's own, such as --filter *FrozenProduct*; all kernels by default.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("kernels", "Benchmarks of single kernels on one core (BenchmarkDotNet).") { arguments };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(given => Run([.. given.GetValue(arguments) ?? [], .. given.UnmatchedTokens]));
        return command;
    }

    private static int Run(string[] arguments)
    {
        LoraThreads.Count = 1;
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance).WithIterationTime(TimeInterval.FromMilliseconds(100)))
            .AddLogger(ConsoleLogger.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddColumn(new ShareColumn(Limits.Measure([1])[0]));
        BenchmarkSwitcher.FromAssembly(typeof(KernelsCommand).Assembly).Run(arguments.Length == 0 ? ["--filter", "*"] : arguments, config);
        return 0;
    }
}
