using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>The reference data beside the repository, which a clone may lack.</summary>
internal static class Reference
{
    private static readonly string? _root = Find();

    /// <summary>The path of a reference file or folder; skips the test where there is none.</summary>
    public static string PathOf(string name)
    {
        Assert.SkipUnless(_root is not null, "There is no folder 'shared' with reference data beside the repository.");
        return Path.Combine(_root!, name);
    }

    public static JsonElement Json(string name) => ReadJson(PathOf(name));

    public static JsonElement ReadJson(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    private static string? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
            {
                string shared = Path.Combine(folder.Parent?.FullName ?? "", "shared");
                return Directory.Exists(shared) ? shared : null;
            }
        }

        return null;
    }
}
