namespace Lora.Tests;

/// <summary>The folder of reference data beside the repository, which a clone does not have.</summary>
internal static class Shared
{
    /// <summary>The path of a reference file; skips the running test where there is none.</summary>
    public static string Path(params string[] parts)
    {
        string path = System.IO.Path.Combine([Folder(), .. parts]);
        Assert.SkipUnless(
            System.IO.Path.Exists(path), $"The reference data {string.Join('/', parts)} is not in a folder 'shared' beside the repository.");
        return path;
    }

    private static string Folder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Directory.Packages.props")))
            {
                return System.IO.Path.Combine(folder.FullName, "..", "shared");
            }
        }

        return "shared";
    }
}
