using System.Diagnostics;
using System.Globalization;

namespace Lora.Cli.Tests;

/// <summary>The tool as a process of its own: stopped by a signal, and killed.</summary>
public sealed class ProcessTests : ToolTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_process_that_is_killed_loses_nothing_before_its_checkpoint()
    {
        string[] training = Training("--checkpoint-every", "2", "--log", PathOf("log.jsonl"), "--out", PathOf("out"));
        using (Process process = Start([.. training, "--steps", "1000000"]))
        {
            await WaitFor(process, () => Steps().Any(step => step >= 4));
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string more = (Steps().Max() + 3).ToString(CultureInfo.InvariantCulture);
        Tool.Succeed("finetune", "--resume", PathOf("out"), "--steps", more);
        Tool.Succeed([.. Training("--log", PathOf("straight.jsonl"), "--out", PathOf("straight")), "--steps", more]);
        NumbersOf(PathOf("log.jsonl")).ShouldBe(NumbersOf(PathOf("straight.jsonl")));
        AreSameFiles(PathOf("out/adapter_model.safetensors"), PathOf("straight/adapter_model.safetensors")).ShouldBeTrue();
        Directory.GetDirectories(PathOf("out")).Select(Path.GetFileName).ShouldBe([$"checkpoint-{more}"]);
    }

    /// <summary>Wherever a kill falls, in the middle of a file or between two: what is there is whole.</summary>
    [Fact]
    public async Task A_process_that_is_killed_again_and_again_ends_with_the_same_bits()
    {
        string[] training = Training("--checkpoint-every", "1", "--dora", "--log", PathOf("log.jsonl"), "--out", PathOf("out"));
        string[] command = [.. training, "--steps", "1000000"];
        var random = new Random(5);
        for (int round = 0; round < 6; round++)
        {
            int before = Steps().DefaultIfEmpty().Max();
            using Process process = Start(command);
            await WaitFor(process, () => Steps().Any(step => step > before + 3));
            await Task.Delay(random.Next(15), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            command = ["finetune", "--resume", PathOf("out")];
        }

        string steps = (Steps().Max() + 2).ToString(CultureInfo.InvariantCulture);
        Tool.Succeed("finetune", "--resume", PathOf("out"), "--steps", steps);
        Tool.Succeed([.. Training("--dora", "--log", PathOf("straight.jsonl"), "--out", PathOf("straight")), "--steps", steps]);
        NumbersOf(PathOf("log.jsonl")).ShouldBe(NumbersOf(PathOf("straight.jsonl")));
        AreSameFiles(PathOf("out/adapter_model.safetensors"), PathOf("straight/adapter_model.safetensors")).ShouldBeTrue();
        Directory.GetDirectories(PathOf("out")).Select(Path.GetFileName).ShouldBe([$"checkpoint-{steps}"]);
    }

    [Fact]
    public async Task The_signal_of_Ctrl_C_saves_a_checkpoint_and_says_how_to_go_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows sends no such signal to another process.");
        Assert.SkipWhen(IgnoresInterrupts(), "Whoever started the tests has them ignore the signal, as a shell does with what it runs in the background; so would the tool.");
        using Process process = Start(Training("--steps", "1000000", "--log", PathOf("log.jsonl"), "--out", PathOf("out")));
        await WaitFor(process, () => File.Exists(PathOf("log.jsonl")) && new FileInfo(PathOf("log.jsonl")).Length > 300);
        using (var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(LoraTool.Interrupted);
        output.ShouldContain($"To go on: lora finetune --resume {PathOf("out")}");
        Steps().ShouldHaveSingleItem().ShouldBe(ReadLog(PathOf("log.jsonl")).Length);
    }

    [Fact]
    public async Task Help_and_errors_go_where_they_belong()
    {
        using Process help = Start(["finetune", "--help"]);
        string text = await help.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await help.WaitForExitAsync(TestContext.Current.CancellationToken);
        help.ExitCode.ShouldBe(0);
        text.ShouldContain("--checkpoint-every <N>");
        using Process wrong = Start(["evaluate", "--model", PathOf("none"), "--data", PathOf("none.txt")]);
        string fault = await wrong.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await wrong.WaitForExitAsync(TestContext.Current.CancellationToken);
        wrong.ExitCode.ShouldBe(1);
        fault.ShouldStartWith("lora: There is no folder");
    }

    private IEnumerable<int> Steps() => !Directory.Exists(PathOf("out")) ? [] :
        Directory.GetDirectories(PathOf("out"), "checkpoint-*").Where(path => !path.EndsWith(".tmp", StringComparison.Ordinal))
            .Select(path => int.Parse(path[(path.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture));

    // A process has from its parent what it ignores: on Linux a mask of bits, of which the second is the signal's.
    private static bool IgnoresInterrupts()
    {
        const string Status = "/proc/self/status";
        const string Name = "SigIgn:";
        if (!File.Exists(Status))
        {
            return false;
        }

        string mask = File.ReadLines(Status).First(line => line.StartsWith(Name, StringComparison.Ordinal))[Name.Length..];
        return (ulong.Parse(mask.Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 2) != 0;
    }

    private static Process Start(IReadOnlyList<string> args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "lora.dll"));
        foreach (string arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start)!;
    }

    private static async Task WaitFor(Process process, Func<bool> isThere)
    {
        var clock = Stopwatch.StartNew();
        while (!isThere())
        {
            process.HasExited.ShouldBeFalse();
            clock.Elapsed.ShouldBeLessThan(_patience);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
