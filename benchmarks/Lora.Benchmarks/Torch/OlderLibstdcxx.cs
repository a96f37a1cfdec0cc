using System.Buffers.Binary;
using System.Text;

namespace Lora.Benchmarks;

/// <summary>
/// TorchSharp's bridge names a version of libstdc++ that Debian 12 does not have yet, for a marker that nothing in it calls. ELF has a flag that
/// makes such a need optional ("weak"); setting it in the copy beside the program lets the loader take the file.
/// </summary>
internal static class OlderLibstdcxx
{
    /// <summary>The version that is needed in name only.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    private const uint VersionNeeds = 0x6FFFFFFE; // SHT_GNU_verneed
    private const int Weak = 2;                   // VER_FLG_WEAK

    /// <summary>Makes the need optional in a 64-bit little-endian ELF file. The file is replaced: it may be linked to the package's own.</summary>
    public static void MakeOptional(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        foreach ((int need, int strings) in Needs(file))
        {
            if (Text(file, strings + Int32(file, need + 8)) == Version)
            {
                file[need + 4] |= Weak;
            }
        }

        string mended = path + ".mended";
        File.WriteAllBytes(mended, file);
        File.SetLastWriteTimeUtc(mended, File.GetLastWriteTimeUtc(path)); // Else the next build copies the original again.
        File.Move(mended, path, overwrite: true);
    }

    // The place of each needed version (Elf64_Vernaux), and of the names that belong to it.
    private static IEnumerable<(int Need, int Strings)> Needs(byte[] file)
    {
        int sections = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(0x28));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3A));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3C));
        for (int section = sections; section < sections + (count * size); section += size)
        {
            if ((uint)Int32(file, section + 4) != VersionNeeds)
            {
                continue;
            }

            int strings = Int32(file, sections + (Int32(file, section + 0x28) * size) + 0x18);
            int library = Int32(file, section + 0x18);
            for (int next = -1; next != 0; library += next)
            {
                int need = library + Int32(file, library + 8);
                for (int entry = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(library + 2)); entry > 0; entry--)
                {
                    yield return (need, strings);
                    need += Int32(file, need + 12);
                }

                next = Int32(file, library + 12);
            }
        }
    }

    private static int Int32(byte[] file, int at) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));

    private static string Text(byte[] file, int at) => Encoding.ASCII.GetString(file.AsSpan(at, file.AsSpan(at).IndexOf((byte)0)));
}
