using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Gguf;

/// <summary>
/// A GGUF file, version 2 or 3: metadata and tensors, mapped into memory. It knows no model. Every field is checked when it is
/// opened, so nothing read from it later lies outside the file. Disposing it unmaps the file and invalidates every view.
/// </summary>
public sealed unsafe class GgufFile : IDisposable
{
    private readonly Dictionary<string, GgufTensor> _byName = [];
    private readonly List<GgufTensor> _tensors = [];
    private readonly IDisposable? _owner;
    private readonly byte* _data;
    private readonly long _headerBytes;
    private bool _disposed;

    private GgufFile(byte* data, long length, string path, IDisposable? owner)
    {
        _data = data;
        _owner = owner;
        ByteLength = length;
        Path = path;
        Metadata = new GgufMetadata(path);
        ByteCursor cursor = new(data, length, path);
        (long tensors, long pairs) = ReadHeader(ref cursor);
        ReadMetadata(ref cursor, pairs);
        Alignment = CheckedAlignment();
        ReadTensors(ref cursor, tensors);
        _headerBytes = cursor.Position;
        PlaceTensors(GgufFormat.Align(_headerBytes, Alignment));
        EnsureNoOverlap();
    }

    /// <summary>Where it was opened from.</summary>
    public string Path { get; }

    /// <summary>The format's version, 2 or 3.</summary>
    public int Version { get; private set; }

    /// <summary>Every tensor starts at a multiple of so many bytes.</summary>
    public int Alignment { get; }

    /// <summary>Bytes in the file.</summary>
    public long ByteLength { get; }

    /// <summary>What the file says about itself.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors in the file's order, those of unknown types included.</summary>
    public IReadOnlyList<GgufTensor> Tensors => _tensors;

    /// <summary>Maps a file and checks it.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is no sound GGUF file of version 2 or 3.</exception>
    public static GgufFile Open(string path) =>
        Handover.Make(MappedFile.Open(path), mapping => new GgufFile(mapping.Data, mapping.Length, path, mapping));

    /// <summary>Looks a tensor up by its name.</summary>
    public bool TryGetTensor(string name, out GgufTensor tensor) => _byName.TryGetValue(name, out tensor!);

    /// <summary>A tensor of this file where it lies.</summary>
    /// <exception cref="ModelFormatException">Its type is one that this runtime does not know.</exception>
    /// <exception cref="ObjectDisposedException">The file is unmapped.</exception>
    public TensorView View(GgufTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!_byName.TryGetValue(tensor.Name, out GgufTensor? mine) || mine != tensor)
            throw new ArgumentException($"{tensor.Name} is no tensor of {Path}.", nameof(tensor));
        if (tensor is not { Type: { } type, ByteLength: { } bytes })
        {
            throw new ModelFormatException(
                $"{Path}: the tensor {Shown.Text(tensor.Name)} is {tensor.TypeName}, which this runtime cannot read.");
        }

        return new TensorView(tensor.Name, type, tensor.Rows, tensor.Columns, At(tensor.Offset), bytes);
    }

    /// <summary>Gives everything before the tensors' data to a hash.</summary>
    internal void AppendHeader(IncrementalHash hash)
    {
        const int Most = 1 << 20;
        for (long done = 0; done < _headerBytes; done += Most)
            hash.AppendData(new ReadOnlySpan<byte>(At(done), (int)Math.Min(Most, _headerBytes - done)));
    }

    /// <summary>A tensor's bytes where they lie, whatever they mean.</summary>
    /// <exception cref="ObjectDisposedException">The file is unmapped.</exception>
    internal byte* Bytes(GgufTensor tensor, out long length)
    {
        length = LeastBytes(tensor);
        return At(tensor.Offset);
    }

    /// <summary>
    /// Tells the system what a range of the file will be used for; see <see cref="MappedFile.Advise(byte*, long, MemoryAdvice)"/>.
    /// </summary>
    public bool Advise(in TensorView tensor, MemoryAdvice advice) =>
        _owner is MappedFile mapping && mapping.Advise(tensor.Data, tensor.ByteLength, advice);

    internal bool Advise(long offset, long length, MemoryAdvice advice) =>
        _owner is MappedFile mapping && mapping.Advise(At(offset), length, advice);

    /// <summary>Unmaps the file. Later calls do nothing.</summary>
    public void Dispose()
    {
        _disposed = true;
        _owner?.Dispose();
    }

    /// <summary>Reads a block of memory as if it were a file; it must outlive the result, which disposes of its owner.</summary>
    internal static GgufFile Parse(byte* data, long length, string path, IDisposable? owner = null) => new(data, length, path, owner);

    internal byte* At(long offset)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _data + offset;
    }

    private (long Tensors, long Pairs) ReadHeader(ref ByteCursor cursor)
    {
        uint magic = cursor.ReadUInt32("the magic number");
        if (magic != GgufFormat.Magic)
        {
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"{Path} is no GGUF file: it begins with 0x{magic:x8}, not 0x{GgufFormat.Magic:x8} (\"GGUF\")."));
        }

        uint version = cursor.ReadUInt32("the version");

        // Versions are small: one whose low half is empty was written the other way round.
        if (version != 0 && (version & 0xffff) == 0)
            throw new ModelFormatException($"{Path} is a big-endian GGUF file; only little-endian ones can be read.");
        if (version is not (2 or 3))
        {
            throw new ModelFormatException(
                string.Create(CultureInfo.InvariantCulture, $"{Path} is GGUF version {version}, but versions 2 and 3 can be read."));
        }

        Version = (int)version;
        long tensors = cursor.ReadCount(GgufFormat.LeastTensorBytes, "the number of tensors");
        long pairs = cursor.ReadCount(GgufFormat.LeastMetadataBytes, "the number of metadata keys");
        return (tensors, pairs);
    }

    private void ReadMetadata(ref ByteCursor cursor, long pairs)
    {
        for (long i = 0; i < pairs; i++)
        {
            string key = cursor.ReadName(GgufFormat.MostNameBytes, "the metadata key");
            GgufValueType type = GgufFormat.ReadValueType(ref cursor, key);
            long offset = cursor.Position;
            GgufFormat.SkipValue(ref cursor, type, key);
            Metadata.Add(key, new GgufValue(this, key, type, offset, cursor.Position - offset));
        }
    }

    private int CheckedAlignment()
    {
        long alignment = Metadata.GetInteger(GgufFormat.AlignmentKey) ?? GgufFormat.DefaultAlignment;
        if (alignment is < 8 or > GgufFormat.MostAlignment || (alignment & (alignment - 1)) != 0)
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"{Path}: {GgufFormat.AlignmentKey} = {alignment}, but it must be a power of two from 8 to {GgufFormat.MostAlignment}."));
        return (int)alignment;
    }

    private void ReadTensors(ref ByteCursor cursor, long tensors)
    {
        for (long i = 0; i < tensors; i++)
        {
            GgufTensor tensor = GgufTensor.Read(ref cursor);
            if (!_byName.TryAdd(tensor.Name, tensor))
                throw new ModelFormatException($"{Path}: the tensor {Shown.Text(tensor.Name)} is there twice.");
            _tensors.Add(tensor);
        }
    }

    /// <summary>Turns offsets into the tensor data into offsets into the file.</summary>
    private void PlaceTensors(long start)
    {
        foreach (GgufTensor tensor in _tensors)
        {
            if (tensor.Offset % Alignment != 0)
            {
                throw new ModelFormatException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Path}: the tensor {Shown.Text(tensor.Name)} starts at byte {tensor.Offset} of the tensor data, no multiple of the "
                        + $"alignment {Alignment}."));
            }

            // Neither sum can overflow: each part is at most the file's length, or a little more for the padded start.
            tensor.Offset += start;
            long end = tensor.Offset + LeastBytes(tensor);
            if (end > ByteLength)
            {
                throw new ModelFormatException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Path} is truncated: the tensor {Shown.Text(tensor.Name)} ends at byte {end}, but the file ends at byte "
                        + $"{ByteLength}."));
            }
        }
    }

    private void EnsureNoOverlap()
    {
        GgufTensor[] byOffset = [.. _tensors];
        Array.Sort(byOffset, static (a, b) => a.Offset.CompareTo(b.Offset));
        for (int i = 1; i < byOffset.Length; i++)
        {
            if (byOffset[i - 1].Offset + LeastBytes(byOffset[i - 1]) > byOffset[i].Offset)
                throw new ModelFormatException(
                    $"{Path}: the tensors {Shown.Text(byOffset[i - 1].Name)} and {Shown.Text(byOffset[i].Name)} overlap.");
        }
    }

    // Of a type that is not known, all that is certain is that it takes some room.
    private static long LeastBytes(GgufTensor tensor) => tensor.ByteLength ?? 1;
}
