using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Llamalith.Mapping;

namespace Llamalith.Contracts;

/// <summary>
/// A conversation, the memory behind a generated KvCache: its tokens, and a table of pages of their keys and values. Pages are taken from
/// the model's pool as positions are filled, shared with forks, and copied before one of several conversations writes to them. One call at
/// a time: a second is refused. Disposal is safe at any time: during a call, memory goes when that ends.
/// </summary>
public sealed unsafe class KvStorage : IDisposable
{
    // "LLKV", then the version of this header.
    private const uint Magic = 0x564B4C4C;
    private const int Version = 5;
    private const int MaxNameBytes = 1 << 16;

    // What is known of callers: whether one is under way, and whether it was the last.
    private const int Busy = 1, Disposed = 2;

    private readonly KvPool _pool;
    private readonly KvPage[] _pages;
    private readonly nint[] _table;
    private int[] _tokens = [];
    private int _held;
    private int _count;
    private float[] _logits = [];
    private int _logitsAt = -1;
    private string _weights = "";
    private int _state;

    /// <summary>An empty cache that shares memory with none but its forks.</summary>
    public KvStorage(KvLayout layout)
        : this(layout, new KvPool(layout, long.MaxValue))
    {
    }

    /// <summary>An empty cache that takes its memory from a model's pool.</summary>
    internal KvStorage(KvLayout layout, KvPool pool)
    {
        ArgumentNullException.ThrowIfNull(layout);
        Layout = layout;
        _pool = pool;
        _pages = new KvPage[layout.Pages(layout.Capacity)];

        // Kernels look pages up in it.
        _table = GC.AllocateArray<nint>(_pages.Length, pinned: true);
    }

    /// <summary>Returns the pages of a cache that nobody disposed.</summary>
    ~KvStorage() => ReturnFrom(0);

    /// <summary>What it looks like.</summary>
    public KvLayout Layout { get; }

    /// <summary>Number of positions filled.</summary>
    public int Count => _count;

    /// <summary>The tokens that fill them; valid until the next call.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, _count);

    /// <summary>
    /// The logits [VocabSize] for the next token, valid until the next call; empty where the last call did not ask for them, and after a
    /// loading.
    /// </summary>
    public ReadOnlySpan<float> Logits => _logitsAt == _count ? _logits : [];

    /// <summary>Where its pages lie.</summary>
    public byte** Pages => (byte**)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_table));

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

    /// <summary>Makes room for that many further positions, which nobody else reads.</summary>
    /// <exception cref="CacheFullException">The model's memory for conversations is taken; nothing was changed.</exception>
    public void Reserve(int positions)
    {
        int filled = checked(_count + positions), held = _held, needed = Layout.Pages(filled);
        try
        {
            if (_tokens.Length < filled)
                Array.Resize(ref _tokens, Math.Max(filled, Math.Min(Layout.Capacity, 2 * needed * Layout.PagePositions)));
            for (; _held < needed; _held++)
                Set(_held, _pool.Take());
            if (positions > 0 && _count % Layout.PagePositions != 0)
                Own(_count / Layout.PagePositions);
        }
        catch
        {
            ReturnFrom(held);
            throw;
        }
    }

    /// <summary>Marks the next positions as filled by these tokens.</summary>
    public void Append(ReadOnlySpan<int> tokens)
    {
        tokens.CopyTo(_tokens.AsSpan(_count));
        _count += tokens.Length;
        _logitsAt = -1;
    }

    /// <summary>Forgets every position from <paramref name="count"/> on, and returns the pages of those alone.</summary>
    /// <exception cref="InvalidOperationException">Another call is under way.</exception>
    public void Truncate(int count)
    {
        Enter();
        try
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _count);
            Cut(count);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>A second conversation that begins like this one. It costs no copy before one of the two goes on.</summary>
    /// <exception cref="InvalidOperationException">Another call is under way.</exception>
    public KvStorage Fork()
    {
        Enter();
        try
        {
            KvStorage fork = new(Layout, _pool);
            for (; fork._held < Layout.Pages(_count); fork._held++)
            {
                _pool.Share(_pages[fork._held]);
                fork.Set(fork._held, _pages[fork._held]);
            }

            fork._tokens = [.. Tokens];
            fork._count = _count;
            fork._weights = _weights;
            if (!Logits.IsEmpty)
                fork.KeepLogits(Logits);
            return fork;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Writes a header that names the model and its weights, the tokens, then the keys and values of every position filled: so many times
    /// those of one, and nothing else.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another call is under way.</exception>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Enter();
        try
        {
            WriteTo(stream);
        }
        finally
        {
            Leave();
        }
    }

    private void WriteTo(Stream stream)
    {
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
        foreach (int token in Tokens)
            header.Write(token);
        header.Flush();
        foreach (KvRun run in new KvRuns(Layout, _count))
            stream.Write(new ReadOnlySpan<byte>(_pages[run.Page].Data + run.Offset, run.Length));
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

    /// <summary>
    /// Reads what <see cref="Save"/> wrote in place of what is here, for whoever has the conversation. What goes wrong leaves nothing here.
    /// </summary>
    /// <inheritdoc cref="Load"/>
    internal void Restore(Stream stream)
    {
        Cut(0);
        int count = ReadHeader(stream, out string weights);
        int[] tokens = ReadTokens(stream, count);
        Reserve(count);
        try
        {
            foreach (KvRun run in new KvRuns(Layout, count))
                ReadExactly(stream, new Span<byte>(_pages[run.Page].Data + run.Offset, run.Length));
        }
        catch
        {
            ReturnFrom(0);
            throw;
        }

        Append(tokens);
        _weights = weights;
    }

    /// <summary>Begins a call that fills or reads positions; every one that was begun is to be ended by <see cref="Leave"/>.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    /// <exception cref="InvalidOperationException">Another call is under way.</exception>
    internal void Enter()
    {
        int before = Interlocked.CompareExchange(ref _state, Busy, 0);
        ObjectDisposedException.ThrowIf((before & Disposed) != 0, this);
        if (before != 0)
            throw new InvalidOperationException("Another call with this KV cache is under way; a conversation has one at a time.");
    }

    /// <summary>Ends a call.</summary>
    internal void Leave()
    {
        if ((Interlocked.And(ref _state, ~Busy) & Disposed) != 0)
            Cut(0);
    }

    /// <summary>Keeps a copy of the logits after the last token, for whoever has the conversation.</summary>
    internal void KeepLogits(ReadOnlySpan<float> logits)
    {
        if (_logits.Length != logits.Length)
            _logits = new float[logits.Length];
        logits.CopyTo(_logits);
        _logitsAt = _count;
    }

    /// <summary>Forgets every position from a count on, for whoever has the conversation.</summary>
    internal void Cut(int count)
    {
        if (count != _count)
            _logitsAt = -1;
        _count = count;
        ReturnFrom(Layout.Pages(count));
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

    private int[] ReadTokens(Stream stream, int count)
    {
        int[] tokens = new int[count];
        ReadExactly(stream, MemoryMarshal.AsBytes(tokens.AsSpan()));
        for (int i = 0; i < count; i++)
        {
            if (!BitConverter.IsLittleEndian)
                tokens[i] = BinaryPrimitives.ReverseEndianness(tokens[i]);
            if ((uint)tokens[i] >= (uint)Layout.VocabSize)
            {
                throw new ModelFormatException(
                    $"The saved KV cache holds the token {tokens[i]} at position {i}, and the vocabulary has {Layout.VocabSize}.");
            }
        }

        return tokens;
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

    /// <summary>Returns its pages, during a call when that ends.</summary>
    public void Dispose()
    {
        if (Interlocked.Or(ref _state, Disposed) == 0)
            Cut(0);
        GC.SuppressFinalize(this);
    }

    // A page that others read too is copied, as far as it is filled.
    private void Own(int at)
    {
        KvPage shared = _pages[at];
        if (!_pool.IsShared(shared))
            return;
        KvPage own = _pool.Take();
        foreach (KvRun run in new KvRuns(Layout, _count % Layout.PagePositions))
            Buffer.MemoryCopy(shared.Data + run.Offset, own.Data + run.Offset, run.Length, run.Length);
        Set(at, own);
        _pool.Return(shared);
    }

    private void Set(int at, KvPage page)
    {
        _pages[at] = page;
        _table[at] = (nint)page.Data;
    }

    private void ReturnFrom(int first)
    {
        while (_held > first)
            _pool.Return(_pages[--_held]);
    }
}
