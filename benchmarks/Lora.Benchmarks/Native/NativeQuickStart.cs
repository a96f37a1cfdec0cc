using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Lora.Benchmarks;

/// <summary>The demo as a native program: published from the sources, and timed beside the same program under the JIT.</summary>
/// <param name="StartMilliseconds">From its start to its end where it has nothing to do.</param>
/// <param name="FileBytes">The size of the one file.</param>
/// <param name="StepMilliseconds">A training step.</param>
/// <param name="JitStepMilliseconds">The same step compiled as the program runs.</param>
internal sealed record NativeQuickStart(double StartMilliseconds, long FileBytes, double StepMilliseconds, double JitStepMilliseconds)
{
    public const double MostStartMilliseconds = 50;
    public const double MostFileMegabytes = 8;

    private const int Starts = 20;
    private const string Project = "samples/QuickStart";

    // Enough for the JIT to be done; the loss has stopped falling by then, which the program takes for a fault, so that its exit code says nothing.
    private const string Steps = "2000";

    /// <exception cref="InvalidOperationException">The sources are not around this program, or publishing fails.</exception>
    public static NativeQuickStart Measure()
    {
        string root = Root();
        DirectoryInfo output = Directory.CreateTempSubdirectory("lora-native-");
        try
        {
            Run("dotnet", root, "publish", Project, "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", output.FullName, "-nologo", "-v", "quiet");
            string program = Path.Combine(output.FullName, OperatingSystem.IsWindows() ? "QuickStart.exe" : "QuickStart");
            Run("dotnet", root, "build", Project, "-c", "Release", "-nologo", "-v", "quiet");
            double native = StepTime(program, root, "--steps", Steps);
            double jit = StepTime("dotnet", root, $"{Project}/bin/Release/net10.0/QuickStart.dll", "--steps", Steps);
            return new NativeQuickStart(Start(program, root), new FileInfo(program).Length, native, jit);
        }
        finally
        {
            output.Delete(recursive: true);
        }
    }

    private static double Start(string program, string root) => Enumerable.Range(0, Starts).Min(_ =>
    {
        long start = Stopwatch.GetTimestamp();
        Run(program, root, "--version");
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    });

    private static double StepTime(string program, string root, params IReadOnlyList<string> arguments)
    {
        (string output, _) = Output(program, root, arguments);
        string? line = output.Split('\n').SingleOrDefault(line => line.Contains("time per step", StringComparison.Ordinal));
        return line is null
            ? throw new InvalidOperationException($"'{program}' did not print the time of a step: {output.Trim()}")
            : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    private static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, Project)))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"There is no {Project} in a folder around {AppContext.BaseDirectory}: run this from the sources.");
    }

    private static void Run(string program, string folder, params IReadOnlyList<string> arguments)
    {
        (string output, int exitCode) = Output(program, folder, arguments);
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' ended with exit code {exitCode}: {output.Trim()}");
        }
    }

    private static (string Text, int ExitCode) Output(string program, string folder, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (output + errors.Result, process.ExitCode);
    }
}
