using System.Collections.Concurrent;
using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>The text of generated files, which the compiler embeds into a program's symbols.</summary>
internal static class GeneratedSource
{
    private static readonly Guid _embeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");
    private static readonly ConcurrentDictionary<string, string[]?> _files = new(StringComparer.Ordinal);

    /// <summary>The lines of a file that symbols name, or null where its text is nowhere.</summary>
    /// <param name="file">The file's path in the symbols.</param>
    /// <param name="assembly">The full name of the assembly that was compiled from it.</param>
    public static string[]? Lines(string file, string? assembly) =>
        // A program that was compiled ahead of time has no such symbols, and need not carry a reader of them.
        RuntimeFeature.IsDynamicCodeSupported ? _files.GetOrAdd(file, static (path, name) => Read(path, name), assembly) : null;

    private static string[]? Read(string file, string? assembly)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllLines(file) : ReadEmbedded(file, new AssemblyName(assembly ?? "").Name);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or BadImageFormatException or InvalidDataException or ArgumentException)
        {
            // The fault that is being reported matters more than the words it could be reported with.
            return null;
        }
    }

    private static string[]? ReadEmbedded(string file, string? assembly)
    {
        string symbols = Path.Combine(AppContext.BaseDirectory, assembly + ".pdb");
        if (File.Exists(symbols))
        {
            using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(symbols));
            return Find(provider.GetMetadataReader(), file);
        }

        string program = Path.Combine(AppContext.BaseDirectory, assembly + ".dll");
        if (!File.Exists(program))
        {
            return null;
        }

        using var reader = new PEReader(File.OpenRead(program));
        foreach (DebugDirectoryEntry entry in reader.ReadDebugDirectory())
        {
            if (entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb)
            {
                using MetadataReaderProvider provider = reader.ReadEmbeddedPortablePdbDebugDirectoryData(entry);
                return Find(provider.GetMetadataReader(), file);
            }
        }

        return null;
    }

    private static string[]? Find(MetadataReader reader, string file)
    {
        foreach (DocumentHandle handle in reader.Documents)
        {
            if (reader.GetString(reader.GetDocument(handle).Name) != file)
            {
                continue;
            }

            foreach (CustomDebugInformationHandle information in reader.GetCustomDebugInformation(handle))
            {
                CustomDebugInformation found = reader.GetCustomDebugInformation(information);
                if (reader.GetGuid(found.Kind) == _embeddedSource)
                {
                    return Text(reader.GetBlobBytes(found.Value)).Split('\n');
                }
            }
        }

        return null;
    }

    // The length of the text where it is deflated, else 0, and the bytes.
    private static string Text(byte[] blob)
    {
        Stream bytes = new MemoryStream(blob, sizeof(int), blob.Length - sizeof(int));
        using var reader = new StreamReader(BitConverter.ToInt32(blob, 0) == 0 ? bytes : new DeflateStream(bytes, CompressionMode.Decompress));
        return reader.ReadToEnd();
    }
}
