using System;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;

namespace Llamalith.Cli.Benchmarking;

/// <summary>
/// The memory of this process that is in RAM, mapped files' pages included. The growth from loading an engine is within a percent
/// or two of what a process of its own would show: a file that two engines map counts for both.
/// </summary>
internal static partial class ResidentMemory
{
    private const string Status = "/proc/self/status";

    /// <summary>Bytes resident now.</summary>
    public static long Bytes
    {
        get
        {
            // .NET's own figure comes from the same file on Linux, but is cached for a while.
            if (!File.Exists(Status))
                return Environment.WorkingSet;
            foreach (string line in File.ReadLines(Status))
            {
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                    return ParseKilobytes(line);
            }

            return Environment.WorkingSet;
        }
    }

    /// <summary>
    /// Gives back what the collector and the C heap keep of earlier work, so that the next engine cannot grow into it unseen.
    /// </summary>
    public static void Settle()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = TrimHeap(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Only glibc has it; other C libraries keep little.
        }
    }

    /// <summary>The bytes of a line such as "VmRSS:	  123456 kB".</summary>
    internal static long ParseKilobytes(string line)
    {
        ReadOnlySpan<char> value = line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1).Trim();
        int end = value.IndexOf(' ');
        return 1024 * long.Parse(end < 0 ? value : value[..end], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrimHeap(nuint keep);
}
