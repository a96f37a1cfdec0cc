using System.Diagnostics;

namespace Lora.Package.Tests;

/// <summary>Runs programs, and hands out what they print.</summary>
internal static class Dotnet
{
    /// <summary>The folder that the tests' own source lies in.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>What these tests were built as, and what is packed.</summary>
    public static string Configuration { get; } =
        AppContext.BaseDirectory.Split(Path.DirectorySeparatorChar).Contains("Debug") ? "Debug" : "Release";

    public static string Run(string directory, params string[] arguments)
    {
        (int exitCode, string output) = Start("dotnet", directory, arguments);
        return exitCode == 0 ? output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {exitCode}:\n{output}");
    }

    public static (int ExitCode, string Output) Start(string program, string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = directory };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        (int exitCode, string output, string errors) = ChildProgram.Run(start);
        return (exitCode, output + errors);
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
