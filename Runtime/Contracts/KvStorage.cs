using System;
using System.Buffers.Binary;
using System.IO;

namespace Llamalith.Contracts;

/// <summary>What one KV cache looks like: the generated class's constants.</summary>
/// <param name="Model">The class's name and shape, as one line: a saved cache of another model is refused by it.</param>
/// <param name="Capacity">Most positions.</param>
/// <param name="BlockPositions">Positions in a block; a block holds them for every layer and head.</param>
/// <param name="BlockBytes">Bytes in a block.</param>
public sealed record KvLayout(string Model, int Capacity, int BlockPositions, long BlockBytes);

/// <summary>
/// The memory behind a generated KvCache. Blocks follow each other in order of position, so a conversation of n positions is the
/// first ceil(n / BlockPositions) blocks: untouched ones take no memory, and copying or saving a prefix is one sweep.
/// </summary>
public sealed unsafe class KvStorage : IDisposable
{
    // "LLKV", then the version of this header.
    private const uint Magic = 0x564B4C4C;
    private const int Version = 2;
    private const int MaxModelBytes = 4096;
    private const long HugePageBlock = 2 << 20;

    private readonly NativeBuffer _memory;
    private int _count;

    /// <summary>An empty cache.</summary>
    public KvStorage(KvLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        Layout = layout;

        // A block's first position touches all of it, a bit of every head: where blocks are large, huge pages take no more.
        _memory = new NativeBuffer(checked(Blocks(layout.Capacity) * layout.BlockBytes), hugePages: layout.BlockBytes >= HugePageBlock);
    }

    /// <summary>What it looks like.</summary>
    public KvLayout Layout { get; }

    /// <summary>Number of positions filled.</summary>
    public int Count => _count;

    /// <summary>The first block.</summary>
    public byte* Data => _memory.Data;

    /// <summary>Marks that many further positions as filled.</summary>
    public void Append(int positions) => _count = checked(_count + positions);

    /// <summary>Forgets every position from <paramref name="count"/> on.</summary>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _count);
        _count = count;
    }

    /// <summary>A second conversation that begins like this one.</summary>
    public KvStorage Fork()
    {
        KvStorage fork = new(Layout);
        long bytes = UsedBytes;
        Buffer.MemoryCopy(Data, fork.Data, bytes, bytes);
        fork._count = _count;
        return fork;
    }

    /// <summary>Writes the filled part, after a header that names the model.</summary>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using BinaryWriter header = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        byte[] model = System.Text.Encoding.UTF8.GetBytes(Layout.Model);
        header.Write(Magic);
        header.Write(Version);
        header.Write(model.Length);
        header.Write(model);
        header.Write(Layout.BlockPositions);
        header.Write(Layout.BlockBytes);
        header.Write(_count);
        header.Flush();
        byte* source = Data;
        for (long left = UsedBytes; left > 0;)
        {
            int piece = (int)Math.Min(left, 1 << 20);
            stream.Write(new ReadOnlySpan<byte>(source, piece));
            source += piece;
            left -= piece;
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="ModelFormatException">The stream is no saved cache, or ends early.</exception>
    /// <exception cref="ModelMismatchException">It is the cache of another model.</exception>
    public static KvStorage Load(Stream stream, KvLayout layout)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(layout);
        Span<byte> word = stackalloc byte[8];
        if (ReadInt32(word) != unchecked((int)Magic))
            throw new ModelFormatException("This stream is not a saved KV cache: it does not begin with \"LLKV\".");
        int version = ReadInt32(word);
        if (version != Version)
            throw new ModelFormatException($"The saved KV cache has version {version}, and this build reads version {Version}.");
        int length = ReadInt32(word);
        if (length is < 0 or > MaxModelBytes)
            throw new ModelFormatException($"The saved KV cache claims a model name of {length} bytes; the most is {MaxModelBytes}.");
        byte[] name = new byte[length];
        ReadExactly(name);
        string model = System.Text.Encoding.UTF8.GetString(name);
        if (model != layout.Model)
            throw new ModelMismatchException($"The saved KV cache belongs to another model: it says \"{model}\", and this class is \"{layout.Model}\".");
        int positions = ReadInt32(word);
        ReadExactly(word);
        long bytes = BinaryPrimitives.ReadInt64LittleEndian(word);
        if (positions != layout.BlockPositions || bytes != layout.BlockBytes)
            throw new ModelMismatchException(
                $"The saved KV cache has blocks of {positions} positions in {bytes} bytes, and this class has {layout.BlockPositions} in {layout.BlockBytes}.");
        int count = ReadInt32(word);
        if (count < 0 || count > layout.Capacity)
            throw new ModelFormatException($"The saved KV cache claims {count} positions, and this class has room for {layout.Capacity}.");

        KvStorage storage = new(layout);
        try
        {
            storage._count = count;
            byte* target = storage.Data;
            for (long left = storage.UsedBytes; left > 0;)
            {
                int piece = (int)Math.Min(left, 1 << 20);
                ReadExactly(new Span<byte>(target, piece));
                target += piece;
                left -= piece;
            }

            return storage;
        }
        catch
        {
            storage.Dispose();
            throw;
        }

        int ReadInt32(Span<byte> buffer)
        {
            ReadExactly(buffer[..4]);
            return BinaryPrimitives.ReadInt32LittleEndian(buffer);
        }

        void ReadExactly(Span<byte> buffer)
        {
            int read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (read < buffer.Length)
                throw new ModelFormatException($"The saved KV cache ends early: {buffer.Length} more bytes were due, {read} came.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private long UsedBytes => Blocks(_count) * Layout.BlockBytes;

    private long Blocks(int positions) => (positions + Layout.BlockPositions - 1) / Layout.BlockPositions;
}
