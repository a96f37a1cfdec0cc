namespace Lora.Cli;

/// <summary>Finds out before a long computation whether its results can be written.</summary>
internal static class WriteProbe
{
    /// <summary>Makes a folder and those of some files, and refuses what cannot be written; then no folder is left that was not there. What is in them stays.</summary>
    /// <param name="folder">The folder that is to be written into.</param>
    /// <param name="files">The files; null stands for none.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be written.</exception>
    public static void Check(string folder, params IEnumerable<string?> files)
    {
        Stack<string> made = [];
        try
        {
            foreach (string file in files.OfType<string>().Prepend(Path.Combine(folder, Path.GetRandomFileName())))
            {
                MakeFolder(Path.GetDirectoryName(Path.GetFullPath(file)), made);
                bool isThere = File.Exists(file);
                File.Open(file, FileMode.OpenOrCreate, FileAccess.Write).Dispose();
                if (!isThere)
                {
                    File.Delete(file);
                }
            }
        }
        catch
        {
            while (made.TryPop(out string? path))
            {
                Directory.Delete(path);
            }

            throw;
        }
    }

    private static void MakeFolder(string? path, Stack<string> made)
    {
        if (path is null || Directory.Exists(path))
        {
            return;
        }

        MakeFolder(Path.GetDirectoryName(path), made);
        Directory.CreateDirectory(path);
        made.Push(path);
    }
}
