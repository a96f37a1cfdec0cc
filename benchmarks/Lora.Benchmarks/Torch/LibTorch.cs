using System.Runtime.InteropServices;
using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>Whether libtorch can be used here.</summary>
internal static class LibTorch
{
    private const string Bridge = "libLibTorchSharp.so";

    /// <summary>Loads libtorch; null where that succeeds, and else why it does not.</summary>
    public static string? TryLoad()
    {
        try
        {
            if (OperatingSystem.IsLinux() && Folder() is { } folder)
            {
                LoadOrMend(folder);
            }

            torch.set_num_threads(1);
            return null;
        }
        catch (Exception fault) when (fault is DllNotFoundException or TypeInitializationException or NotSupportedException or IOException or UnauthorizedAccessException)
        {
            return (fault.InnerException ?? fault).Message.Split('\n')[0];
        }
    }

    public static void UseThreads(int threads) => torch.set_num_threads(threads);

    private static string? Folder() =>
        new[] { $"runtimes/{RuntimeInformation.RuntimeIdentifier}/native", "runtimes/linux-x64/native", "." }
            .Select(part => Path.Combine(AppContext.BaseDirectory, part))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, Bridge)) && File.Exists(Path.Combine(folder, "libtorch_cpu.so")));

    private static void LoadOrMend(string folder)
    {
        string bridge = Path.Combine(folder, Bridge);
        NativeLibrary.Load(Path.Combine(folder, "libtorch_cpu.so"));
        try
        {
            NativeLibrary.Load(bridge);
        }
        catch (DllNotFoundException fault) when (fault.Message.Contains(OlderLibstdcxx.Version, StringComparison.Ordinal))
        {
            OlderLibstdcxx.MakeOptional(bridge);
            NativeLibrary.Load(bridge);
        }
    }
}
