using System.Runtime.InteropServices;

namespace Lora.Benchmarks;

/// <summary>What the machine says of itself.</summary>
internal static class MachineDescription
{
    public static string Text =>
        $"{Processor()}, {Environment.ProcessorCount} cores, vectors of {32 * VectorWidth.Lanes} bits, {RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.FrameworkDescription}";

    private static string Processor()
    {
        const string Path = "/proc/cpuinfo";
        string? line = File.Exists(Path) ? File.ReadLines(Path).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
