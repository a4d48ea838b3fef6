using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Text;
using Llamalith.Mapping;

namespace Llamalith.Contracts;

/// <summary>
/// The memory behind a generated KvCache. Blocks follow each other in order of position, so a conversation of n positions is the
/// first ceil(n / BlockPositions) blocks: untouched ones take no memory, and copying or saving a prefix is one sweep.
/// </summary>
public sealed unsafe class KvStorage : IDisposable
{
    // "LLKV", then the version of this header.
    private const uint Magic = 0x564B4C4C;
    private const int Version = 4;
    private const int MaxNameBytes = 1 << 16;
    private const long HugePageBlock = 2 << 20;

    private readonly NativeBuffer _memory;
    private int _count;
    private string _weights = "";

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

    /// <summary>
    /// Says whose weights fill it: an empty cache is anybody's, one with positions is refused where others filled them.
    /// </summary>
    /// <param name="weights">What tells the weights from others (<see cref="WeightBinder.Identity"/>).</param>
    /// <exception cref="ModelMismatchException">It holds keys and values of other weights; the message names both.</exception>
    public void Claim(string weights)
    {
        if (ReferenceEquals(weights, _weights))
            return;
        if (_count > 0 && weights != _weights)
        {
            throw new ModelMismatchException(
                $"The KV cache holds {_count} positions of the weights {_weights}, but this model has the weights {weights}.");
        }

        _weights = weights;
    }

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
        fork._weights = _weights;
        return fork;
    }

    /// <summary>
    /// Writes a header that names the model and its weights, then the keys and values of every position filled: so many times those of one,
    /// and nothing else.
    /// </summary>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _ = Data;
        using BinaryWriter header = new(stream, Encoding.UTF8, leaveOpen: true);
        header.Write(Magic);
        header.Write(Version);
        foreach (string name in (string[])[Layout.Model, _weights])
        {
            byte[] text = Encoding.UTF8.GetBytes(name);
            header.Write(text.Length);
            header.Write(text);
        }

        header.Write(_count);
        header.Flush();
        foreach (KvRun run in new KvRuns(Layout, _count))
            stream.Write(new ReadOnlySpan<byte>(Data + run.Offset, run.Length));
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="ModelFormatException">The stream is no saved cache, or ends early.</exception>
    /// <exception cref="ModelMismatchException">It is the cache of another model.</exception>
    public static KvStorage Load(Stream stream, KvLayout layout)
    {
        ArgumentNullException.ThrowIfNull(stream);
        KvStorage storage = new(layout);
        try
        {
            storage.Restore(stream);
            return storage;
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote in place of what is here. What goes wrong leaves nothing here.</summary>
    /// <inheritdoc cref="Load"/>
    internal void Restore(Stream stream)
    {
        byte* data = Data;
        _count = 0;
        int count = ReadHeader(stream, out string weights);
        foreach (KvRun run in new KvRuns(Layout, count))
            ReadExactly(stream, new Span<byte>(data + run.Offset, run.Length));
        _count = count;
        _weights = weights;
    }

    private int ReadHeader(Stream stream, out string weights)
    {
        if (ReadInt32(stream) != unchecked((int)Magic))
            throw new ModelFormatException("This stream is not a saved KV cache: it does not begin with \"LLKV\".");
        int version = ReadInt32(stream);
        if (version != Version)
            throw new ModelFormatException($"The saved KV cache has version {version}, and this build reads version {Version}.");
        string model = ReadName(stream, "model name");
        weights = ReadName(stream, "name of weights");
        if (model != Layout.Model)
            throw new ModelMismatchException($"The saved KV cache belongs to another model: {Differences(model, Layout.Model)}.");
        int count = ReadInt32(stream);
        return count >= 0 && count <= Layout.Capacity
            ? count
            : throw new ModelFormatException(
                $"The saved KV cache claims {count} positions, and this class has room for {Layout.Capacity}.");
    }

    private static string ReadName(Stream stream, string what)
    {
        int length = ReadInt32(stream);
        if (length is < 0 or > MaxNameBytes)
            throw new ModelFormatException($"The saved KV cache claims a {what} of {length} bytes; the most is {MaxNameBytes}.");
        byte[] name = new byte[length];
        ReadExactly(stream, name);
        return Encoding.UTF8.GetString(name);
    }

    // Both are a class's name and properties, and say the same ones unless another version wrote them.
    private static string Differences(string saved, string compiled)
    {
        string[] theirs = saved.Split(' '), mine = compiled.Split(' ');
        return theirs.Length == mine.Length
            ? string.Join("; ", mine.Zip(theirs).Where(static pair => pair.First != pair.Second)
                .Select(static pair => $"it says {Shown.Text(pair.Second)}, and this class is {pair.First}"))
            : $"it says {Shown.Text(saved)}, and this class is {compiled}";
    }

    private static int ReadInt32(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        ReadExactly(stream, bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    private static void ReadExactly(Stream stream, Span<byte> buffer)
    {
        int read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (read < buffer.Length)
            throw new ModelFormatException($"The saved KV cache ends early: {buffer.Length} more bytes were due, {read} came.");
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private long UsedBytes => Blocks(_count) * Layout.BlockBytes;

    private long Blocks(int positions) => (positions + Layout.BlockPositions - 1) / Layout.BlockPositions;
}
