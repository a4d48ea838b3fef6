using System;
using System.Runtime.InteropServices;

namespace Llamalith.Mapping;

/// <summary>What the system is told about pages of memory. Only speed and memory use can change.</summary>
internal static unsafe partial class PageAdvice
{
    /// <summary>Back the range with huge pages where possible. The other values are <see cref="Contracts.MemoryAdvice"/>'s.</summary>
    public const int HugePages = 14;

    /// <summary>Gives an advice, by its Linux number, on whole pages.</summary>
    /// <returns>Whether the system took it: never on systems other than Linux.</returns>
    public static bool Give(byte* firstPage, nuint length, int advice) =>
        OperatingSystem.IsLinux() && Advise(firstPage, length, advice) == 0;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* address, nuint length, int advice);
}
