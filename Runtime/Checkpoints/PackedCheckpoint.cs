using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Threading;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>
/// A packed file (.llith): a model whose weights lie in the panels that kernels stream, on page boundaries, so that loading it is mapping
/// it. Its structure is checked when it is opened; its bytes are only on demand (<see cref="Verify"/>).
/// </summary>
public sealed unsafe class PackedCheckpoint : Checkpoint, IGgufContainer, IPackedWeights
{
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly Dictionary<string, TensorInfo> _described = [];
    private readonly GgufTensor _embedding;
    private readonly GgufTensor _digest;

    private PackedCheckpoint(GgufFile file)
    {
        File = file;
        long version = file.Metadata.GetInteger(PackedKeys.Version) ?? throw Bad($"{PackedKeys.Version} is missing");
        if (version != PackedKeys.CurrentVersion)
            throw Bad($"{PackedKeys.Version} = {version}, but only {PackedKeys.CurrentVersion} can be read; pack the model again");
        Layout = file.Metadata.GetText(PackedKeys.Layout) ?? throw Bad($"{PackedKeys.Layout} is missing");
        Target = file.Metadata.GetText(PackedKeys.Target) ?? throw Bad($"{PackedKeys.Target} is missing");
        RopeLayout = PackedShape.Word<RopeLayout>(file, PackedKeys.RopeLayout) ?? throw Bad($"{PackedKeys.RopeLayout} is missing");
        Shape = PackedShape.Read(file);
        ShapeRules.Check(Path, Shape, KeyOf);
        if (file.Alignment < PackedKeys.LeastAlignment)
            throw Bad($"tensors are aligned to {file.Alignment} bytes, but panels need {PackedKeys.LeastAlignment}");
        _embedding = Required(TensorNames.TokenEmbedding);
        if (_embedding.Type is not { } type)
            throw Bad($"{TensorNames.TokenEmbedding} is {_embedding.TypeName}, which this runtime cannot read");
        _described.Add(TensorNames.TokenEmbedding, new TensorInfo(_embedding.Name, type, _embedding.Rows, _embedding.Columns, _embedding.ByteLength!.Value));
        _digest = Required(PackedKeys.Digest);
        if (_digest.ByteLength != PackedDigest.Length || file.Tensors.Any(other => other.Offset > _digest.Offset))
            throw Bad($"{PackedKeys.Digest} is not {PackedDigest.Length} bytes after all others");
        ReadEntries();

        // Every token reads all of it: with small pages decoding was measured to be 5 to 10 % slower.
        file.Advise(0, _digest.Offset, MemoryAdvice.HugePages);
    }

    /// <inheritdoc/>
    public GgufFile File { get; }

    /// <summary>The name of the panels' layout (<see cref="WeightPacker.Layout"/> of the runtime that packed it).</summary>
    public string Layout { get; }

    /// <summary>The instruction set that the layout was chosen for.</summary>
    public string Target { get; }

    /// <inheritdoc/>
    public override string Path => File.Path;

    /// <inheritdoc/>
    public override ModelShape Shape { get; }

    /// <inheritdoc/>
    public override RopeLayout RopeLayout { get; }

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> CanonicalNames => _described.Keys;

    /// <inheritdoc/>
    internal override IPackedWeights? Packed => Layout == WeightPacker.Layout
        ? this
        : throw new ModelMismatchException(
            $"{Path} was packed for {Shown.Text(Target)} in the layout {Shown.Text(Layout)}, but the kernels of this engine read {WeightPacker.Layout}; pack the model again with its version of the tool.");

    /// <inheritdoc/>
    internal override bool HasEngineRows => true;

    /// <inheritdoc/>
    internal override void AppendHeader(IncrementalHash hash) => File.AppendHeader(hash);

    /// <inheritdoc/>
    internal override ReadOnlySpan<byte> Digest => new(File.Bytes(_digest, out _), PackedDigest.Length);

    /// <summary>Opens a packed file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is no sound packed file.</exception>
    public static new PackedCheckpoint Open(string path) => From(GgufFile.Open(path));

    /// <summary>Reads the whole file and compares it with its checksum.</summary>
    /// <param name="threads">Most threads to use.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ModelFormatException">The two differ: the file is damaged.</exception>
    public void Verify(int threads, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        byte[] found = PackedDigest.Of(File.At(0), _digest.Offset, threads, cancellation);
        if (!Digest.SequenceEqual(found))
            throw Bad($"the file is damaged: its checksum is {Convert.ToHexStringLower(Digest)}, but its bytes have {Convert.ToHexStringLower(found)}");
    }

    /// <summary>
    /// Tells the system that the weights will be read from front to back again and again, as tokens do: where memory is too small for
    /// them, it then reads farther ahead.
    /// </summary>
    /// <returns>Whether the system took the advice.</returns>
    public bool ReadAhead() => File.Advise(0, _digest.Offset, MemoryAdvice.Sequential);

    /// <inheritdoc/>
    public override string KeyOf(string hyperparameter) => PackedShape.KeyOf(hyperparameter);

    /// <inheritdoc/>
    public override bool TryDescribe(string name, out TensorInfo info) => _described.TryGetValue(name, out info);

    /// <inheritdoc/>
    /// <exception cref="ModelFormatException">It is there, but in panels, which engines alone can read.</exception>
    public override bool TryGetTensor(string name, out TensorView tensor)
    {
        tensor = default;
        if (name == TensorNames.TokenEmbedding)
        {
            tensor = File.View(_embedding);
            return true;
        }

        return _described.ContainsKey(name) ? throw Bad($"{Shown.Text(name)} is packed for engines; what reads weights needs the file that this one was made from") : false;
    }

    /// <inheritdoc/>
    public override bool Advise(in TensorView tensor, MemoryAdvice advice) => File.Advise(tensor, advice);

    float* IPackedWeights.Vector(string name, int length)
    {
        Entry entry = Find(name, null, 1, length);
        return entry.Type == TensorType.F32 ? (float*)entry.Data : throw Bad($"the tensor {name} is packed as {entry.Type}, but a vector must be {TensorType.F32}");
    }

    PackedMatrix IPackedWeights.Matrix(string name, int rows, int columns) => Find(name, null, rows, columns).Matrix;

    PackedMatrix IPackedWeights.Pair(string first, string second, int rows, int columns) => Find(first, second, rows, columns).Matrix;

    /// <summary>Whether a file is a packed one.</summary>
    internal static bool Is(GgufFile file) =>
        file.Metadata.TryGetValue(GgufCheckpoint.ArchitectureKey, out GgufValue value) && value.TryGetText(out string text) && text == PackedKeys.Architecture;

    /// <summary>Takes over an open file.</summary>
    internal static PackedCheckpoint From(GgufFile file) => Handover.Make(file, static open => new PackedCheckpoint(open));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            File.Dispose();
    }

    private void ReadEntries()
    {
        string[] names = List(PackedKeys.Names).ToStrings(), partners = List(PackedKeys.Partners).ToStrings();
        long[] types = List(PackedKeys.Types).ToIntegers(), rows = List(PackedKeys.Rows).ToIntegers(), columns = List(PackedKeys.Columns).ToIntegers();
        GgufTensor units = Required(PackedKeys.Units);
        if (partners.Length != names.Length || types.Length != names.Length || rows.Length != names.Length || columns.Length != names.Length)
            throw Bad($"{PackedKeys.Names} and its companions differ in length");
        if (units.Type != TensorType.F32 || units.Rows != 1 || units.Columns != names.Length)
            throw Bad($"{PackedKeys.Units} is no vector of {names.Length} F32");
        ReadOnlySpan<float> unit = MemoryMarshal.Cast<byte, float>(new ReadOnlySpan<byte>(File.Bytes(units, out long unitBytes), checked((int)unitBytes)));
        for (int i = 0; i < names.Length; i++)
        {
            string? partner = partners[i].Length == 0 ? null : partners[i];
            GgufTensor panels = Required(PackedKeys.Panels + names[i]);
            TensorType type = (TensorType)types[i];
            long expected = SizeOf(names[i], types[i], rows[i], columns[i], partner is not null);
            if (panels.ByteLength != expected)
                throw Bad($"{Shown.Text(panels.Name)} has {panels.ByteLength} bytes, but {type} [{rows[i]}, {columns[i]}] takes {expected}");
            if (!(float.IsNormal(unit[i]) && unit[i] > 0))
                throw Bad($"the unit of {Shown.Text(names[i])} is {unit[i]}, but it must be positive and finite");
            Describe(names[i]);
            if (partner is not null)
                Describe(partner);
            if (!_entries.TryAdd(names[i], new Entry(this, panels, partner, type, rows[i], columns[i], unit[i])))
                throw Bad($"{Shown.Text(names[i])} is there twice");

            void Describe(string name)
            {
                // Tied embeddings: rows for looking up, panels for the classifier.
                if (!_described.TryAdd(name, new TensorInfo(name, type, rows[i], columns[i], partner is null ? expected : expected / 2)) && name != TensorNames.TokenEmbedding)
                    throw Bad($"{Shown.Text(name)} is there twice");
            }
        }
    }

    private long SizeOf(string name, long typeId, long rows, long columns, bool isPair)
    {
        if (typeId is < 0 or > int.MaxValue || !TensorTypes.TryGetBlock((TensorType)typeId, out TensorBlock block)
            || !TensorTypes.HasKernels((TensorType)typeId))
        {
            throw Bad($"{Shown.Text(name)} is packed as type {typeId}, of which there are no panels");
        }

        if (rows is <= 0 or > int.MaxValue || columns is <= 0 or > int.MaxValue || columns % block.Elements != 0)
            throw Bad($"{Shown.Text(name)} is [{rows}, {columns}], which no {(TensorType)typeId} matrix is");
        if (rows == 1 && typeId == (long)TensorType.F32 && !isPair)
            return WeightPacker.VectorBytes(columns);
        Int128 bytes = (Int128)(isPair ? WeightPacker.PairPanels(rows) : WeightPacker.Panels(rows)) * WeightPacker.PanelBytes((TensorType)typeId, columns);
        return bytes <= File.ByteLength ? (long)bytes : throw Bad($"{Shown.Text(name)} takes {bytes} bytes, but the whole file has {File.ByteLength}");
    }

    private Entry Find(string name, string? partner, int rows, int columns)
    {
        if (!_entries.TryGetValue(name, out Entry? entry))
            throw new ModelMismatchException($"{Path}: the tensor {name} [{rows}, {columns}] is missing.");
        if (entry.Partner != partner || entry.Rows != rows || entry.Columns != columns)
            throw new ModelMismatchException(
                $"{Path}: the tensor {name} is packed as [{entry.Rows}, {entry.Columns}]{With(entry.Partner)}, but the class was compiled for [{rows}, {columns}]{With(partner)}.");
        return entry;

        static string With(string? other) => other is null ? "" : $" with {Shown.Text(other)}";
    }

    private GgufArray List(string key) => File.Metadata.GetArray(key) ?? throw Bad($"{key} is missing");

    private GgufTensor Required(string name) => File.TryGetTensor(name, out GgufTensor tensor) ? tensor : throw Bad($"the tensor {Shown.Text(name)} is missing");

    private ModelFormatException Bad(FormattableString complaint) => new($"{Path}: {complaint.ToString(CultureInfo.InvariantCulture)}.");

    private sealed class Entry(PackedCheckpoint owner, GgufTensor panels, string? partner, TensorType type, long rows, long columns, float unit)
    {
        public string? Partner => partner;

        public TensorType Type => type;

        public long Rows => rows;

        public long Columns => columns;

        public byte* Data => owner.File.Bytes(panels, out _);

        public PackedMatrix Matrix => new() { Data = Data, Type = type, Unit = unit };
    }
}
