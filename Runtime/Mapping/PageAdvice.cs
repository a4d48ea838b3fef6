using System;
using System.Runtime.InteropServices;
using Llamalith.Contracts;

namespace Llamalith.Mapping;

/// <summary>What the system is told about pages of memory. Only speed and memory use can change.</summary>
internal static unsafe partial class PageAdvice
{
    /// <summary>Gives an advice on whole pages.</summary>
    /// <returns>Whether the system took it: never on systems other than Linux, whose numbers the advices have.</returns>
    public static bool Give(byte* firstPage, nuint length, MemoryAdvice advice) =>
        OperatingSystem.IsLinux() && Advise(firstPage, length, (int)advice) == 0;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* address, nuint length, int advice);
}
