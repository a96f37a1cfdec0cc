using System.IO.Compression;

namespace Lora.Package.Tests;

/// <summary>The packages, packed once into a folder that serves as a feed, and projects outside the repository that use them.</summary>
public sealed class Packages : IDisposable
{
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("lora-package-");
    private readonly string _version = $"0.0.0-test.{DateTime.UtcNow.Ticks}";

    public Packages()
    {
        foreach (string project in (string[])["Lora.Runtime", "Lora.Models", "Lora.Testing", "Lora.Cli"])
        {
            Dotnet.Run(
                Dotnet.Repository, "pack", Path.Combine("src", project), "-c", Dotnet.Configuration, "--no-build", "-o", Feed, $"-p:PackageVersion={_version}",
                "-warnaserror", "-warnnotaserror:NU1603;NU1608");
        }

        string consumers = Path.Combine(Dotnet.Repository, "tests", "Lora.Package.Tests", "Consumers");
        foreach (string path in Directory.GetFiles(consumers, "*", SearchOption.AllDirectories))
        {
            Copy(path, Path.GetRelativePath(consumers, path));
        }

        Copy(Path.Combine(Dotnet.Repository, "Directory.Packages.props"), "Directory.Packages.props");
        foreach (string path in Directory.GetFiles(Path.Combine(Dotnet.Repository, "samples", "QuickStart"), "*.cs"))
        {
            Copy(path, Path.Combine("QuickStart", Path.GetFileName(path)));
        }
    }

    private string Feed => Path.Combine(_work.FullName, "feed");

    public string Folder(string project) => Path.Combine(_work.FullName, project);

    public ZipArchive Open(string package, string extension = "nupkg") => ZipFile.OpenRead(Path.Combine(Feed, $"{package}.{_version}.{extension}"));

    /// <summary>Runs dotnet on one of the projects that use the packages.</summary>
    public string Run(string command, string project, params string[] arguments) =>
        Dotnet.Run(Folder(project), [command, .. Properties, .. arguments]);

    public (int ExitCode, string Output) Try(string command, string project, params string[] arguments) =>
        Dotnet.Start("dotnet", Folder(project), [command, .. Properties, .. arguments]);

    /// <summary>Installs a tool from its package alone.</summary>
    /// <returns>The program.</returns>
    public string Install(string package, string command)
    {
        string tools = Path.Combine(_work.FullName, "tools");
        Dotnet.Run(_work.FullName, "tool", "install", package, "--tool-path", tools, "--source", Feed, "--version", _version);
        return Path.Combine(tools, OperatingSystem.IsWindows() ? command + ".exe" : command);
    }

    private string[] Properties => [$"-p:LoraVersion={_version}", $"-p:RestoreAdditionalProjectSources={Feed}"];

    public void Dispose()
    {
        _work.Delete(recursive: true);
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (string package in (string[])["lora.runtime", "lora.models", "lora.testing"])
        {
            string folder = Path.Combine(cache, package, _version);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private void Copy(string from, string to)
    {
        string path = Path.Combine(_work.FullName, to);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(from, path);
    }
}
