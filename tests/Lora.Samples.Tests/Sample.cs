using System.Diagnostics;

namespace Lora.Samples.Tests;

/// <summary>Runs a sample as a program of its own.</summary>
internal static class Sample
{
    public static (int ExitCode, string Output, string Errors) Run(string name, params string[] arguments)
    {
        using Process process = Start(name, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    public static Process Start(string name, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, name + (OperatingSystem.IsWindows() ? ".exe" : ""));
        return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }
}
