using System;
using System.Runtime.InteropServices;

namespace Llamalith.Tests.Readers;

/// <summary>
/// Bytes whose end is the end of readable memory: on Linux the next byte is on a page that nobody may touch, so a reader that goes
/// one byte too far takes the test process down instead of getting away with it.
/// </summary>
internal sealed unsafe partial class GuardedBlock : IDisposable
{
    private const int ReadWrite = 1 | 2;
    private const int PrivateAnonymous = 2 | 0x20;

    private readonly byte* _memory;
    private readonly nuint _mapped;

    /// <summary>Room for at most so many bytes.</summary>
    public GuardedBlock(int capacity)
    {
        if (!OperatingSystem.IsLinux())
        {
            _memory = (byte*)NativeMemory.Alloc((nuint)capacity);
            End = _memory + capacity;
            return;
        }

        nuint page = (nuint)Environment.SystemPageSize;
        nuint readable = ((nuint)capacity + page - 1) / page * page;
        _mapped = readable + page;
        _memory = (byte*)Map(null, _mapped, ReadWrite, PrivateAnonymous, -1, 0);
        Assert.NotEqual(-1, (nint)_memory);
        Assert.Equal(0, Protect(_memory + readable, page, 0));
        End = _memory + readable;
    }

    /// <summary>The byte after the last.</summary>
    private byte* End { get; }

    /// <summary>Places bytes so that they end where the memory ends, and returns where they begin.</summary>
    public byte* Place(ReadOnlySpan<byte> bytes)
    {
        byte* start = End - bytes.Length;
        Assert.True(start >= _memory);
        bytes.CopyTo(new Span<byte>(start, bytes.Length));
        return start;
    }

    public void Dispose()
    {
        if (OperatingSystem.IsLinux())
            Assert.Equal(0, Unmap(_memory, _mapped));
        else
            NativeMemory.Free(_memory);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);
}
