using System;
using System.Runtime.InteropServices;
using Llamalith.Mapping;

namespace Llamalith.Contracts;

/// <summary>
/// Zeroed memory outside the garbage collector's heap, aligned to a cache line (large buffers to a huge page, and huge pages
/// asked for: a stream of weights then misses the TLB 512 times less often). Pages that are never touched take no memory.
/// </summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint CacheLine = 64;
    private const nuint HugePage = 2 << 20;

    private byte* _pointer;

    /// <summary>Allocates and zeroes that many bytes.</summary>
    /// <param name="length">Bytes, zero or more.</param>
    /// <param name="hugePages">Whether to ask for huge pages; wrong for sparse use, since a touched page then costs 2 MiB.</param>
    /// <exception cref="OutOfMemoryException">The system has no such memory.</exception>
    public NativeBuffer(long length, bool hugePages = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint size = Math.Max((nuint)length, 1);
        hugePages &= size >= HugePage;

        // A large calloc is fresh zero pages of the system, untouched. Its alignment is ours to make, so over-allocate.
        nuint alignment = hugePages ? HugePage : CacheLine;
        Block = (byte*)NativeMemory.AllocZeroed(size + alignment);
        _pointer = (byte*)(((nuint)Block + alignment - 1) & ~(alignment - 1));
        if (hugePages)
            _ = PageAdvice.Give(_pointer, size & ~(HugePage - 1), MemoryAdvice.HugePages);
        GC.AddMemoryPressure(Math.Max(length, 1));
    }

    /// <summary>Frees the memory of a buffer that nobody disposed.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Number of bytes.</summary>
    public long Length { get; }

    /// <summary>The first byte.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public byte* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return _pointer;
        }
    }

    private byte* Block { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        byte* block = Block;
        Block = null;
        _pointer = null;
        if (block is null)
            return;
        NativeMemory.Free(block);
        GC.RemoveMemoryPressure(Math.Max(Length, 1));
    }
}
