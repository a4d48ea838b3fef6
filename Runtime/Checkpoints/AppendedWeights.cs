using System;
using System.Buffers.Binary;
using System.IO;
using Llamalith.Contracts;
using Microsoft.Win32.SafeHandles;

namespace Llamalith.Checkpoints;

/// <summary>Where a packed file lies at the end of an executable: on a page, and followed by 24 bytes that say so.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct AppendedWeights(long Offset, long Length)
{
    private const int TrailerBytes = 3 * sizeof(ulong);

    // "LLITHEND", as the last eight bytes are read.
    private const ulong Magic = 0x444E454854494C4C;

    /// <summary>Reads the end of a file; null where nothing is appended to it.</summary>
    /// <exception cref="ModelFormatException">The end makes no sense.</exception>
    public static AppendedWeights? Find(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        long length = RandomAccess.GetLength(file);
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        if (length < TrailerBytes || RandomAccess.Read(file, trailer, length - TrailerBytes) != TrailerBytes || BinaryPrimitives.ReadUInt64LittleEndian(trailer[16..]) != Magic)
            return null;
        long offset = BinaryPrimitives.ReadInt64LittleEndian(trailer), bytes = BinaryPrimitives.ReadInt64LittleEndian(trailer[8..]);
        if (offset < 0 || bytes <= 0 || offset % PackedKeys.Alignment != 0 || bytes > length - TrailerBytes || offset != length - TrailerBytes - bytes)
            throw new ModelFormatException($"{path} ends like an executable with weights, but they would lie at byte {offset} and take {bytes} of {length} bytes.");
        return new AppendedWeights(offset, bytes);
    }

    /// <summary>Appends a packed file to an executable, in place of one that is there.</summary>
    public static void Append(string executable, string packed)
    {
        AppendedWeights? before = Find(executable);
        using FileStream to = new(executable, FileMode.Open, FileAccess.ReadWrite);
        using FileStream from = File.OpenRead(packed);
        if (before is { } place)
            to.SetLength(place.Offset);
        long offset = (to.Length + PackedKeys.Alignment - 1) / PackedKeys.Alignment * PackedKeys.Alignment;
        to.SetLength(offset);
        to.Position = offset;
        from.CopyTo(to, 1 << 20);
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        BinaryPrimitives.WriteInt64LittleEndian(trailer, offset);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[8..], from.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[16..], Magic);
        to.Write(trailer);
    }
}
