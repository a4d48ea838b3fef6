using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Threading;
using Llamalith.Contracts;
using Microsoft.Win32.SafeHandles;

namespace Llamalith.Mapping;

/// <summary>
/// A whole file mapped read-only into memory: nothing is read until it is touched. It has no finalizer: forgetting to dispose
/// it costs address space, whereas unmapping under a pointer that someone still reads would cost the process.
/// </summary>
public sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _pointer;
    private int _disposed;

    private MappedFile(string path, SafeFileHandle handle, long length)
    {
        Path = path;
        Length = length;
        _file = MemoryMappedFile.CreateFromFile(
            handle, mapName: null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _pointer = pointer + _view.PointerOffset;
    }

    /// <summary>Where it was opened from.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file, at least one.</summary>
    public long Length { get; }

    /// <summary>The first byte, page-aligned.</summary>
    /// <exception cref="ObjectDisposedException">The file is unmapped.</exception>
    public byte* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            return _pointer;
        }
    }

    /// <summary>Maps a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is a folder, empty, or nothing that can be mapped (a pipe, a device).</exception>
    /// <exception cref="IOException">The system cannot read or map it.</exception>
    /// <exception cref="UnauthorizedAccessException">The system does not let this process read it.</exception>
    public static MappedFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new ModelFormatException($"{path} is a folder, not a file.");
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path} does not exist.", path);
        return Handover.Make(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess), handle =>
        {
            // A pipe has no length at all, and devices say 0.
            long length;
            try
            {
                length = RandomAccess.GetLength(handle);
            }
            catch (NotSupportedException e)
            {
                throw new ModelFormatException($"{path} is not a regular file.", e);
            }

            if (length == 0)
                throw new ModelFormatException($"{path} is empty.");
            return new MappedFile(path, handle, length);
        });
    }

    /// <summary>
    /// Tells the system what a range will be used for. Only speed and memory use can change, never what is read; for
    /// <see cref="MemoryAdvice.DontNeed"/> only pages wholly inside the range count.
    /// </summary>
    /// <returns>Whether the system took the advice: false on systems other than Linux and for a range without a page.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the file.</exception>
    /// <exception cref="ObjectDisposedException">The file is unmapped.</exception>
    public bool Advise(long offset, long length, MemoryAdvice advice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        if (!Enum.IsDefined(advice))
            throw new ArgumentOutOfRangeException(nameof(advice), advice, "No such advice.");
        byte* pointer = Data;
        long page = Environment.SystemPageSize;
        long end = offset + length;
        if (advice == MemoryAdvice.DontNeed)
        {
            offset = (offset + page - 1) / page * page;

            // The file's last page is whole even where the file ends inside it.
            end = end == Length ? (end + page - 1) / page * page : end / page * page;
        }
        else
        {
            offset = offset / page * page;
        }

        return end > offset && PageAdvice.Give(pointer + offset, (nuint)(end - offset), advice);
    }

    /// <summary>As <see cref="Advise(long, long, MemoryAdvice)"/> for the range that starts at a pointer into the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the file.</exception>
    /// <exception cref="ObjectDisposedException">The file is unmapped.</exception>
    public bool Advise(byte* start, long length, MemoryAdvice advice)
    {
        byte* pointer = Data;
        if (start < pointer || start > pointer + Length)
            throw new ArgumentOutOfRangeException(nameof(start), "The pointer is not into this file.");
        return Advise(start - pointer, length, advice);
    }

    /// <summary>Unmaps the file; every pointer into it is invalid from then on. Later calls do nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
