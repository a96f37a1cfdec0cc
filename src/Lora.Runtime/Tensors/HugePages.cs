using System.Runtime.InteropServices;

namespace Lora;

/// <summary>
/// Pages of 2 MiB, where Linux gives them to who asks (madvise(2)): a processor that reads gigabytes from memory reads on across the borders of small pages
/// with less delay.
/// </summary>
internal static unsafe partial class HugePages
{
    private const nuint HugePageSize = 2 << 20;
    private const int WantsHugePages = 14; // MADV_HUGEPAGE.
    private const int IsNotNeeded = 4; // MADV_DONTNEED.

    /// <summary>Asks for the pages that memory covers, before it is written for the first time. Where there are none, nothing changes.</summary>
    public static void AskFor(Span<float> memory) => Advise(memory, HugePageSize, WantsHugePages);

    /// <summary>Leaves the pages that memory covers, of any size, to the system: what is in them is lost.</summary>
    public static void Leave(Span<float> memory) => Advise(memory, (nuint)Environment.SystemPageSize, IsNotNeeded);

    private static void Advise(Span<float> memory, nuint page, int advice)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        fixed (float* start = memory)
        {
            nuint first = ((nuint)start + page - 1) & ~(page - 1);
            nuint end = (nuint)(start + memory.Length) & ~(page - 1);
            if (first < end)
            {
                Try(first, end - first, advice);
            }
        }
    }

    private static void Try(nuint address, nuint length, int advice)
    {
        try
        {
            _ = Advise(address, length, advice);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system without this library has memory all the same.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nuint address, nuint length, int advice);
}
