using System.Diagnostics;
using System.Reflection;

namespace Lora.Benchmarks;

/// <summary>This program run once more, so that what it does has a process of its own.</summary>
internal static class Child
{
    /// <summary>Runs it and returns what it prints.</summary>
    /// <exception cref="InvalidOperationException">It fails.</exception>
    public static string Run(params IReadOnlyList<string> arguments)
    {
        string host = Environment.ProcessPath ?? throw new InvalidOperationException("The system does not say what this program was started from.");
        bool isHost = Path.GetFileNameWithoutExtension(host) == "dotnet";
        var start = new ProcessStartInfo(host, isHost ? [Assembly.GetExecutingAssembly().Location, .. arguments] : arguments) { RedirectStandardOutput = true };
        start.Environment["DOTNET_TieredCompilation"] = "0"; // A compilation in the background takes managed memory of its own.
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"'{string.Join(' ', arguments)}' ended with exit code {process.ExitCode}.");
    }
}
