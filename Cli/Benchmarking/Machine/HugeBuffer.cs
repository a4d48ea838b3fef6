using System;
using System.Runtime.InteropServices;

namespace Llamalith.Cli.Benchmarking.Machine;

/// <summary>Unmanaged memory on huge pages where the system has them, every page of it touched.</summary>
internal sealed unsafe partial class HugeBuffer : IDisposable
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePage = 14;

    private byte* data;

    /// <summary>Allocates memory, rounded up to whole huge pages.</summary>
    public HugeBuffer(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        Length = (((nuint)bytes + HugePage - 1) / HugePage) * HugePage;
        data = (byte*)NativeMemory.AlignedAlloc(Length, HugePage);

        // Advice may be refused; then the pages are small ones, and reading them is what it is.
        if (OperatingSystem.IsLinux())
            _ = Advise(data, Length, AdviseHugePage);
        NativeMemory.Fill(data, Length, 0x11);
    }

    /// <summary>Bytes.</summary>
    public nuint Length { get; }

    /// <summary>The first byte.</summary>
    public byte* Data => data;

    public void Dispose()
    {
        NativeMemory.AlignedFree(data);
        data = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* address, nuint length, int advice);
}
