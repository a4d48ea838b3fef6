using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Microsoft.Win32.SafeHandles;

namespace Llamalith.Checkpoints;

/// <summary>
/// Packed files at the end of an executable: each on a page, then a table of them (digest, offset and length of each), then where the table
/// begins, how many they are, and eight bytes that say so.
/// </summary>
/// <param name="Digest">The packed file's own, in hexadecimal digits.</param>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct AppendedWeights(string Digest, long Offset, long Length)
{
    private const int TrailerBytes = 3 * sizeof(ulong);
    private const int RowBytes = PackedDigest.Length + (2 * sizeof(ulong));
    private const int MostRows = 1024;

    // "LLITHTAB", as the last eight bytes are read.
    private const ulong Magic = 0x4241544854494C4C;

    /// <summary>Reads the end of a file; empty where nothing is appended to it.</summary>
    /// <exception cref="ModelFormatException">The end makes no sense.</exception>
    public static IReadOnlyList<AppendedWeights> Find(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        long length = RandomAccess.GetLength(file);
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        if (length < TrailerBytes || RandomAccess.Read(file, trailer, length - TrailerBytes) != TrailerBytes || BinaryPrimitives.ReadUInt64LittleEndian(trailer[16..]) != Magic)
            return [];
        long table = BinaryPrimitives.ReadInt64LittleEndian(trailer), count = BinaryPrimitives.ReadInt64LittleEndian(trailer[8..]);
        if (count is < 1 or > MostRows || table != length - TrailerBytes - (count * RowBytes) || table < 0)
            throw new ModelFormatException($"{path} ends like an executable with weights, but a table of {count} would begin at byte {table} of {length}.");
        byte[] rows = new byte[count * RowBytes];
        if (RandomAccess.Read(file, rows, table) != rows.Length)
            throw new ModelFormatException($"{path} cannot be read from byte {table} on, where {rows.Length} bytes say which weights it has.");
        return [.. Enumerable.Range(0, (int)count).Select(row => ReadRow(rows.AsSpan(row * RowBytes, RowBytes), table, path))];
    }

    /// <summary>Appends packed files to an executable, in place of those that are there.</summary>
    public static void Append(string executable, IReadOnlyList<string> packed)
    {
        IReadOnlyList<AppendedWeights> before = Find(executable);
        using FileStream to = new(executable, FileMode.Open, FileAccess.ReadWrite);
        if (before.Count > 0)
            to.SetLength(before.Min(static place => place.Offset));
        byte[] table = new byte[(packed.Count * RowBytes) + TrailerBytes];
        for (int i = 0; i < packed.Count; i++)
        {
            long offset = (to.Length + PackedKeys.Alignment - 1) / PackedKeys.Alignment * PackedKeys.Alignment;
            to.SetLength(offset);
            to.Position = offset;
            using (FileStream from = File.OpenRead(packed[i]))
                from.CopyTo(to, 1 << 20);
            Span<byte> row = table.AsSpan(i * RowBytes, RowBytes);
            using (PackedCheckpoint checkpoint = PackedCheckpoint.Open(packed[i]))
                checkpoint.Digest.CopyTo(row);
            BinaryPrimitives.WriteInt64LittleEndian(row[PackedDigest.Length..], offset);
            BinaryPrimitives.WriteInt64LittleEndian(row[(PackedDigest.Length + sizeof(ulong))..], to.Length - offset);
        }

        Span<byte> trailer = table.AsSpan(packed.Count * RowBytes);
        BinaryPrimitives.WriteInt64LittleEndian(trailer, to.Length);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[8..], packed.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[16..], Magic);
        to.Write(table);
    }

    private static AppendedWeights ReadRow(ReadOnlySpan<byte> row, long table, string path)
    {
        long offset = BinaryPrimitives.ReadInt64LittleEndian(row[PackedDigest.Length..]), bytes = BinaryPrimitives.ReadInt64LittleEndian(row[(PackedDigest.Length + sizeof(ulong))..]);
        return offset < 0 || bytes <= 0 || offset % PackedKeys.Alignment != 0 || offset > table || bytes > table - offset
            ? throw new ModelFormatException($"{path} ends like an executable with weights, but some would lie at byte {offset} and take {bytes} of {table} bytes.")
            : new AppendedWeights(Convert.ToHexStringLower(row[..PackedDigest.Length]), offset, bytes);
    }
}
