using System.Diagnostics;

namespace Lora.Samples.Tests;

/// <summary>Runs a sample as a program of its own.</summary>
internal static class Sample
{
    public static (int ExitCode, string Output, string Errors) Run(string name, params string[] arguments) => ChildProgram.Run(Description(name, arguments));

    public static Process Start(string name, params string[] arguments)
    {
        ProcessStartInfo start = Description(name, arguments);
        start.RedirectStandardOutput = true;
        return Process.Start(start)!;
    }

    private static ProcessStartInfo Description(string name, string[] arguments) =>
        new(Path.Combine(AppContext.BaseDirectory, name + (OperatingSystem.IsWindows() ? ".exe" : "")), arguments);
}
