using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Unicode;
using Llamalith.Contracts;

namespace Llamalith.Mapping;

/// <summary>Reads little-endian fields one after the other from a block of bytes, and never beyond its end.</summary>
internal unsafe ref struct ByteCursor(byte* data, long length, string path)
{
    // A .NET string holds no more, and no sound file comes near.
    private const ulong MostStringBytes = 1 << 29;

    private readonly byte* _data = data;

    /// <summary>Bytes in the block.</summary>
    public long Length { get; } = length;

    /// <summary>Where the block is from (for messages).</summary>
    public string Path { get; } = path;

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    public readonly long Remaining => Length - Position;

    /// <summary>
    /// Passes over bytes. <paramref name="what"/> they are, and <paramref name="of"/> which named thing, is for messages.
    /// </summary>
    public ReadOnlySpan<byte> Take(int count, string what, string? of = null)
    {
        byte* start = _data + Position;
        Skip((ulong)count, what, of);
        return new ReadOnlySpan<byte>(start, count);
    }

    public void Skip(ulong count, string what, string? of = null)
    {
        if (count > (ulong)Remaining)
            throw TooShort(count, what, of);
        Position += (long)count;
    }

    public uint ReadUInt32(string what, string? of = null) => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint), what, of));

    public int ReadInt32(string what, string? of = null) => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int), what, of));

    public ulong ReadUInt64(string what, string? of = null) => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong), what, of));

    /// <summary>A number of things that take at least so many bytes each: no more than the rest of the block has room for.</summary>
    public long ReadCount(int leastBytesEach, string what, string? of = null)
    {
        long at = Position;
        ulong count = ReadUInt64(what, of);
        if (count > (ulong)(Remaining / leastBytesEach))
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"{Path}: {Describe(what, of)} at byte {at} is {count}, but only {Remaining} bytes follow."));
        return (long)count;
    }

    /// <summary>
    /// A length of 64 bits and so many bytes of UTF-8: a name, so neither empty nor longer than <paramref name="mostBytes"/>.
    /// </summary>
    public string ReadName(int mostBytes, string what)
    {
        long at = Position;
        ulong bytes = ReadUInt64(what);
        if (bytes == 0 || bytes > (ulong)mostBytes)
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{Path}: {what} at byte {at} is {bytes} bytes long, but 1 to {mostBytes} are allowed."));
        ReadOnlySpan<byte> text = Take((int)bytes, what);
        if (!Utf8.IsValid(text))
            throw new ModelFormatException(string.Create(CultureInfo.InvariantCulture, $"{Path}: {what} at byte {at} is not UTF-8."));
        return System.Text.Encoding.UTF8.GetString(text);
    }

    /// <summary>
    /// Passes over strings, each a length of 64 bits and so many bytes. A vocabulary has hundreds of thousands, and opening a file
    /// must walk them all: hence a loop of its own.
    /// </summary>
    public void SkipStrings(long count, string what, string? of)
    {
        byte* at = _data + Position;
        byte* end = _data + Length;
        for (long i = 0; i < count; i++)
        {
            if (end - at < sizeof(ulong))
            {
                Position = at - _data;
                throw TooShort(sizeof(ulong), what, of);
            }

            ulong bytes = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(at, sizeof(ulong)));
            at += sizeof(ulong);
            if (bytes > (ulong)(end - at) || bytes > MostStringBytes)
            {
                Position = at - _data;
                throw bytes > MostStringBytes ? TooLong(bytes, what, of) : TooShort(bytes, what, of);
            }

            at += bytes;
        }

        Position = at - _data;
    }

    private static string Describe(string what, string? of) => of is null ? what : $"{what} of {Shown.Text(of)}";

    private readonly ModelFormatException TooLong(ulong bytes, string what, string? of) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{Path}: {Describe(what, of)} at byte {Position} is {bytes} bytes long, but at most {MostStringBytes} are allowed."));

    private readonly ModelFormatException TooShort(ulong count, string what, string? of) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{Path} is truncated: {Describe(what, of)} needs {count} bytes at byte {Position}, but the file ends at byte {Length}."));
}
