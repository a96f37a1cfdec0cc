extern alias generators;

using System.Diagnostics;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;

namespace Lora.Generators.Benchmarks;

/// <summary>The C# compiler of the SDK as a process of its own, as a build without a compiler server runs it.</summary>
internal static class CompilerProcess
{
    private const int Runs = 3;

    /// <summary>The least milliseconds of the models alone, with what is generated for them as files, and with the generator and its analyzers, in turn.</summary>
    public static (double Without, double AsFiles, double With) Measure(string[] generated)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("lora-compiler");
        try
        {
            string[] arguments =
            [
                "exec", Path.Combine(AppContext.BaseDirectory, CompilerPath()), "-nologo", "-noconfig", "-nostdlib+", "-target:library", "-nullable:enable", "-langversion:14",
                $"-out:{Path.Combine(folder.FullName, "out.dll")}",
                .. ReferencePaths().Select(path => $"-reference:{path}"),
                .. ModelSources.Write(folder.FullName),
            ];
            string[] files = [.. generated.Select((_, index) => Path.Combine(folder.FullName, $"Generated{index}.cs"))];
            foreach ((string file, string text) in files.Zip(generated))
            {
                File.WriteAllText(file, text);
            }

            double without = double.PositiveInfinity;
            double asFiles = double.PositiveInfinity;
            double with = double.PositiveInfinity;
            for (int i = 0; i < Runs; i++)
            {
                without = Math.Min(without, Run(arguments));
                asFiles = Math.Min(asFiles, Run([.. arguments, .. files]));
                with = Math.Min(with, Run([.. arguments, $"-analyzer:{typeof(LoraGenerator).Assembly.Location}"]));
            }

            return (without, asFiles, with);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // The compiler beside the running SDK's own tools.
    private static string CompilerPath()
    {
        string root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        return Directory.GetDirectories(Path.Combine(root, "sdk"))
            .Select(sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll")).Where(File.Exists).OrderByDescending(path => path, StringComparer.Ordinal).First();
    }

    // The reference assemblies of the SDK, which are those that a build would take.
    private static IEnumerable<string> ReferencePaths()
    {
        string root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        string pack = Directory.GetDirectories(Path.Combine(root, "packs", "Microsoft.NETCore.App.Ref"), "10.*").OrderByDescending(path => path, StringComparer.Ordinal).First();
        return Directory.GetFiles(Path.Combine(pack, "ref", "net10.0"), "*.dll").Append(typeof(Tensor).Assembly.Location);
    }

    private static double Run(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        var watch = Stopwatch.StartNew();
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? watch.Elapsed.TotalMilliseconds : throw new InvalidOperationException($"The compiler reports:\n{output}");
    }
}
