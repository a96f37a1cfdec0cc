namespace Lora.Cli;

/// <summary>Finds out before a long computation whether its result can be written.</summary>
internal static class WriteProbe
{
    /// <summary>Makes the folder of a file, and refuses a file that cannot be written. What is in it stays.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void File(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        bool isThere = System.IO.File.Exists(path);
        System.IO.File.Open(path, FileMode.OpenOrCreate, FileAccess.Write).Dispose();
        if (!isThere)
        {
            System.IO.File.Delete(path);
        }
    }

    /// <summary>Makes a folder, and refuses one that cannot be written into.</summary>
    /// <exception cref="IOException">No file can be written.</exception>
    /// <exception cref="UnauthorizedAccessException">No file may be written.</exception>
    public static void Folder(string path)
    {
        Directory.CreateDirectory(path);
        File(Path.Combine(path, Path.GetRandomFileName()));
    }
}
