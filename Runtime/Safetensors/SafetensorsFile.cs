using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Safetensors;

/// <summary>
/// One .safetensors file, mapped into memory. It knows no model. Every field is checked when it is opened: as the format
/// demands, the tensors fill the data from its first to its last byte without an overlap or a hole. Disposing it unmaps the
/// file and invalidates every view.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    // The limit of the format's own implementation.
    private const int MostHeaderBytes = 100_000_000;

    private readonly Dictionary<string, SafetensorsTensor> _byName = [];
    private readonly List<SafetensorsTensor> _tensors = [];
    private readonly Dictionary<string, string> _metadata = [];
    private readonly MappedFile? _mapping;
    private readonly byte* _data;
    private readonly int _headerBytes;
    private bool _disposed;

    private SafetensorsFile(byte* data, long length, string path, MappedFile? mapping)
    {
        _data = data;
        _mapping = mapping;
        Path = path;
        ByteCursor cursor = new(data, length, path);
        ulong headerBytes = cursor.ReadUInt64("the header's length");
        if (headerBytes > MostHeaderBytes)
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: the header's length is {headerBytes}, but at most {MostHeaderBytes} are allowed."));
        ReadOnlySpan<byte> header = cursor.Take((int)headerBytes, "the header");
        if (header is not [(byte)'{', ..])
            throw new ModelFormatException($"{path}: the header does not begin with a brace.");
        SafetensorsHeader.Read(header, path, length, _tensors, _metadata);
        _headerBytes = (int)cursor.Position;
        EnsureNoHole(cursor.Position, length);
        foreach (SafetensorsTensor tensor in _tensors)
            _byName.Add(tensor.Name, tensor);
    }

    /// <summary>Where it was opened from.</summary>
    public string Path { get; }

    /// <summary>The texts that the file carries beside its tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The tensors in the file's order, those of unknown types included.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors => _tensors;

    /// <summary>Maps a file and checks it.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is no sound safetensors file.</exception>
    public static SafetensorsFile Open(string path) =>
        Handover.Make(MappedFile.Open(path), mapping => new SafetensorsFile(mapping.Data, mapping.Length, path, mapping));

    /// <summary>Looks a tensor up by its name.</summary>
    public bool TryGetTensor(string name, out SafetensorsTensor tensor) => _byName.TryGetValue(name, out tensor!);

    /// <summary>A tensor of this file where it lies.</summary>
    /// <exception cref="ModelFormatException">Its type is one that this runtime does not read.</exception>
    /// <exception cref="ObjectDisposedException">The file is unmapped.</exception>
    public TensorView View(SafetensorsTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_byName.TryGetValue(tensor.Name, out SafetensorsTensor? mine) || mine != tensor)
            throw new ArgumentException($"{tensor.Name} is no tensor of {Path}.", nameof(tensor));
        if (tensor.Type is not { } type)
        {
            throw new ModelFormatException(
                $"{Path}: the tensor {Shown.Text(tensor.Name)} has type {Shown.Text(tensor.TypeName)}, but only F32, F16 and BF16 can be "
                    + "read.");
        }

        return new TensorView(tensor.Name, type, tensor.Rows, tensor.Columns, _data + tensor.Offset, tensor.ByteLength);
    }

    /// <summary>The first byte of a tensor of this file, whatever its type.</summary>
    internal byte* Bytes(SafetensorsTensor tensor)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _data + tensor.Offset;
    }

    /// <summary>Tells the system what a tensor will be used for; see <see cref="MappedFile.Advise(byte*, long, MemoryAdvice)"/>.</summary>
    public bool Advise(in TensorView tensor, MemoryAdvice advice) =>
        _mapping is not null && _mapping.Advise(tensor.Data, tensor.ByteLength, advice);

    /// <summary>Unmaps the file. Later calls do nothing.</summary>
    public void Dispose()
    {
        _disposed = true;
        _mapping?.Dispose();
    }

    /// <summary>Reads a block of memory as if it were a file; it must outlive the result.</summary>
    internal static SafetensorsFile Parse(byte* data, long length, string path) => new(data, length, path, mapping: null);

    /// <summary>Gives everything before the tensors' data to a hash.</summary>
    internal void AppendHeader(IncrementalHash hash)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        hash.AppendData(new ReadOnlySpan<byte>(_data, _headerBytes));
    }

    /// <summary>Whether a file of so many bytes begins like one of this format: a plausible length, then the brace of the JSON.</summary>
    internal static bool LooksLike(ReadOnlySpan<byte> firstBytes, long fileLength) =>
        firstBytes.Length > sizeof(ulong) && firstBytes[sizeof(ulong)] == (byte)'{'
        && System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(firstBytes) <= (ulong)(fileLength - sizeof(ulong));

    private void EnsureNoHole(long start, long end)
    {
        SafetensorsTensor[] byOffset = [.. _tensors];
        Array.Sort(byOffset, static (a, b) => (a.Offset, a.ByteLength).CompareTo((b.Offset, b.ByteLength)));
        long filled = start;
        foreach (SafetensorsTensor tensor in byOffset)
        {
            if (tensor.Offset != filled)
            {
                throw new ModelFormatException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Path}: the tensor {Shown.Text(tensor.Name)} starts at byte {tensor.Offset}, but the one before it ends at byte "
                        + $"{filled}."));
            }

            filled += tensor.ByteLength;
        }

        if (filled != end)
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{Path}: the last tensor ends at byte {filled}, but the file ends at byte {end}."));
    }
}
