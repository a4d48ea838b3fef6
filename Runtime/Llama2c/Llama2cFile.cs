using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.CompilerServices;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Llama2c;

/// <summary>
/// A llama2.c checkpoint of version 0, 1 or 2, mapped into memory. The header implies everything else, so the file's length must be
/// exactly what it implies. Disposing it unmaps the file and invalidates every view.
/// </summary>
/// <remarks>
/// Version 2 keeps a 32-bit scale for each group of 8-bit numbers, of any size and across the ends of rows. No block format holds that
/// exactly, so a tensor is decoded to 32-bit floats, number · scale rounded once, when it is asked for.
/// </remarks>
public sealed unsafe class Llama2cFile : IDisposable
{
    private readonly Dictionary<Llama2cArray, Llama2cBlock> _blocks = [];
    private readonly MappedFile? _mapping;
    private readonly byte* _data;
    private readonly MadeBuffers<(Llama2cArray Array, int Layer)> _decoded = new();
    private bool _disposed;

    private Llama2cFile(byte* data, long length, string path, MappedFile? mapping)
    {
        _data = data;
        _mapping = mapping;
        Path = path;
        Header = ReadHeader(new ByteCursor(data, length, path));
        Header.Check(path);
        Int128 expected = 0;
        foreach (Llama2cBlock block in Llama2cLayout.Of(Header))
        {
            if (block.GroupSize > 0 && block.Elements % block.GroupSize != 0)
            {
                throw new ModelFormatException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}: {NameOf(block.Array)} has {block.Elements} numbers, no multiple of group_size = {block.GroupSize}."));
            }

            _blocks.Add(block.Array, block);
            expected = block.End;
        }

        if (expected != length)
        {
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path} is no model file of a known format, or damaged: as a llama2.c checkpoint of version {Header.Version} with dim = "
                    + $"{Header.Dim}, "
                + $"hidden_dim = {Header.FfnDim}, n_layers = {Header.Layers}, n_heads = {Header.Heads}, n_kv_heads = {Header.KvHeads}, "
                + $"vocab_size = {Header.VocabSize}, seq_len = {Header.Context} it would have {expected} bytes, but it has {length}."));
        }
    }

    /// <summary>Where it was opened from.</summary>
    public string Path { get; }

    /// <summary>What the file states about itself, checked.</summary>
    public Llama2cHeader Header { get; }

    /// <summary>Maps a file and checks it.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is no sound llama2.c checkpoint of version 0, 1 or 2.</exception>
    public static Llama2cFile Open(string path) =>
        Handover.Make(MappedFile.Open(path), mapping => new Llama2cFile(mapping.Data, mapping.Length, path, mapping));

    /// <summary>Looks up what is known of a tensor of a layer, or of the whole of an array that is not per layer (layer 0 then).</summary>
    /// <returns>False for a classifier that is the token embedding, rotary tables in versions 1 and 2, and a layer there is none
    /// of.</returns>
    public bool TryDescribe(Llama2cArray array, int layer, out TensorInfo info)
    {
        info = default;
        if (!_blocks.TryGetValue(array, out Llama2cBlock block) || layer < 0 || layer >= block.Count)
            return false;
        string name = IsPerLayer(array) ? string.Create(CultureInfo.InvariantCulture, $"{NameOf(array)}[{layer}]") : NameOf(array);

        // What is there lies within the file, so 64 bits hold it, and four times as much.
        info = new TensorInfo(name, TensorType.F32, block.Rows, block.Columns, (long)block.Elements * sizeof(float));
        return true;
    }

    /// <summary>Looks up the tensor of a layer; of version 2 it is decoded.</summary>
    /// <returns>False where <see cref="TryDescribe"/> is.</returns>
    /// <exception cref="ObjectDisposedException">The file is unmapped.</exception>
    public bool TryGetTensor(Llama2cArray array, int layer, out TensorView tensor)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        tensor = default;
        if (!TryDescribe(array, layer, out TensorInfo info))
            return false;
        byte* data = _blocks[array].GroupSize == 0 ? Stored(array, layer) : Decoded(array, layer, info.ByteLength);
        tensor = new TensorView(info.Name, info.Type, info.Rows, info.Columns, data, info.ByteLength);
        return true;
    }

    /// <summary>
    /// Tells the system what a tensor will be used for; see <see cref="MappedFile.Advise(byte*, long, MemoryAdvice)"/>. A decoded tensor
    /// that is not needed is freed, and decoded again when it is asked for; but for the token embedding, of which engines keep a view.
    /// </summary>
    public bool Advise(in TensorView tensor, MemoryAdvice advice)
    {
        if (Header.GroupSize == 0)
            return _mapping is not null && _mapping.Advise(tensor.Data, tensor.ByteLength, advice);
        return advice == MemoryAdvice.DontNeed && _decoded.TryFind(tensor.Data, out (Llama2cArray Array, int Layer) key)
            && key.Array != Llama2cArray.TokenEmbedding && _decoded.Release(key);
    }

    /// <summary>Unmaps the file. Later calls do nothing.</summary>
    public void Dispose()
    {
        _disposed = true;
        _decoded.Dispose();
        _mapping?.Dispose();
    }

    /// <summary>Reads a block of memory as if it were a file; it must outlive the result.</summary>
    internal static Llama2cFile Parse(byte* data, long length, string path) => new(data, length, path, mapping: null);

    /// <summary>Whether the first bytes are those of version 1 or later.</summary>
    internal static bool HasMagic(uint firstFourBytes) => firstFourBytes == Llama2cLayout.Magic;

    private byte* Stored(Llama2cArray array, int layer)
    {
        Llama2cBlock block = _blocks[array];
        return _data + (long)block.Offset + ((long)block.TensorBytes * layer);
    }

    private byte* Decoded(Llama2cArray array, int layer, long bytes) =>
        _decoded.Get((array, layer), bytes, hugePages: false, made =>
        {
            Llama2cBlock block = _blocks[array];
            byte* stored = Stored(array, layer);
            Decode((sbyte*)stored, (long)block.Elements, block.GroupSize, (float*)made.Data);
            _mapping?.Advise(stored, (long)block.TensorBytes, MemoryAdvice.DontNeed);
        });

    // The scales follow the numbers, so they may lie at any address.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Decode(sbyte* numbers, long count, int groupSize, float* to)
    {
        byte* scales = (byte*)numbers + count;
        for (long at = 0; at < count; at += groupSize, scales += sizeof(float))
        {
            float scale = Unsafe.ReadUnaligned<float>(scales);
            for (int i = 0; i < groupSize; i++)
                to[at + i] = numbers[at + i] * scale;
        }
    }

    private static Llama2cHeader ReadHeader(ByteCursor cursor)
    {
        ByteCursor start = cursor;
        if (cursor.Length < Llama2cLayout.Version0HeaderBytes)
        {
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"{cursor.Path} is no model file of a known format: it has {cursor.Length} bytes, but the header of a llama2.c checkpoint "
                    + $"alone has {Llama2cLayout.Version0HeaderBytes}."));
        }

        return HasMagic(cursor.ReadUInt32("the header")) ? ReadWithMagic(ref cursor) : ReadVersion0(ref start);
    }

    private static Llama2cHeader ReadVersion0(ref ByteCursor cursor)
    {
        Llama2cHeader header = ReadSizes(ref cursor, version: 0);
        int vocabSize = header.VocabSize;
        if (vocabSize == int.MinValue)
        {
            throw new ModelFormatException(
                $"{cursor.Path} is no model file of a known format: as a llama2.c checkpoint it has vocab_size = {int.MinValue}.");
        }

        return header with { VocabSize = Math.Abs(vocabSize), SharedClassifier = vocabSize > 0 };
    }

    private static Llama2cHeader ReadWithMagic(ref ByteCursor cursor)
    {
        int version = cursor.ReadInt32("the version");
        if (version is not (1 or Llama2cLayout.QuantizedVersion))
        {
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"{cursor.Path} is a llama2.c checkpoint of version {version}, but only versions 0, 1 and 2 can be read."));
        }

        Llama2cHeader header = ReadSizes(ref cursor, version);
        byte shared = cursor.Take(1, "shared_classifier")[0];
        if (shared > 1)
            throw new ModelFormatException($"{cursor.Path}: shared_classifier = {shared}, but 0 or 1 was expected.");
        int groupSize = version == Llama2cLayout.QuantizedVersion ? cursor.ReadInt32("group_size") : 0;
        int rest = Llama2cLayout.Version1HeaderBytes - (int)cursor.Position;
        if (cursor.Take(rest, "the header's padding").ContainsAnyExcept((byte)0))
            throw new ModelFormatException($"{cursor.Path}: the header's padding is not all zero.");
        return header with { SharedClassifier = shared == 1, GroupSize = groupSize };
    }

    private static Llama2cHeader ReadSizes(ref ByteCursor cursor, int version) => new()
    {
        Version = version,
        Dim = cursor.ReadInt32("dim"),
        FfnDim = cursor.ReadInt32("hidden_dim"),
        Layers = cursor.ReadInt32("n_layers"),
        Heads = cursor.ReadInt32("n_heads"),
        KvHeads = cursor.ReadInt32("n_kv_heads"),
        VocabSize = cursor.ReadInt32("vocab_size"),
        Context = cursor.ReadInt32("seq_len"),
        SharedClassifier = false,
    };

    private static bool IsPerLayer(Llama2cArray array) => array is not
        (Llama2cArray.TokenEmbedding or Llama2cArray.FinalNorm or Llama2cArray.Classifier or Llama2cArray.RopeCosines
            or Llama2cArray.RopeSines);

    private static string NameOf(Llama2cArray array) => array switch
    {
        Llama2cArray.TokenEmbedding => "token_embedding_table",
        Llama2cArray.AttentionNorm => "rms_att_weight",
        Llama2cArray.Query => "wq",
        Llama2cArray.Key => "wk",
        Llama2cArray.Value => "wv",
        Llama2cArray.AttentionOutput => "wo",
        Llama2cArray.FfnNorm => "rms_ffn_weight",
        Llama2cArray.Gate => "w1",
        Llama2cArray.Down => "w2",
        Llama2cArray.Up => "w3",
        Llama2cArray.FinalNorm => "rms_final_weight",
        Llama2cArray.RopeCosines => "freq_cis_real",
        Llama2cArray.RopeSines => "freq_cis_imag",
        _ => "wcls",
    };
}
