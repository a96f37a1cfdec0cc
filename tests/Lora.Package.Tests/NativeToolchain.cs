using System.ComponentModel;

namespace Lora.Package.Tests;

/// <summary>Whether programs can be linked here: NativeAOT needs a linker, and zlib on Linux and macOS.</summary>
internal static class NativeToolchain
{
    public static bool IsThere { get; } = OperatingSystem.IsWindows()
        ? File.Exists(Environment.ExpandEnvironmentVariables(@"%ProgramFiles(x86)%\Microsoft Visual Studio\Installer\vswhere.exe"))
        : Links("clang") || Links("gcc");

    private static bool Links(string compiler)
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("lora-linker-");
        try
        {
            File.WriteAllText(Path.Combine(work.FullName, "probe.c"), "int main(void) { return 0; }");
            return Dotnet.Start(compiler, work.FullName, "probe.c", "-lz", "-o", "probe").ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }
}
