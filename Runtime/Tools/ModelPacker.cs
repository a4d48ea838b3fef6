using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tools;

/// <summary>
/// Writes packed files (.llith): a model with its weights in the panels that kernels stream, so that loading it is mapping it. One tensor at a
/// time is in memory.
/// </summary>
public sealed unsafe class ModelPacker
{
    private const string TokenizerPrefix = "tokenizer.";
    private const string NameKey = "general.name";
    private const int CopyBytes = 1 << 20;

    private readonly Checkpoint _source;
    private readonly PackOptions _options;
    private readonly List<Part> _parts = [];
    private long _done;
    private long _total;

    private ModelPacker(Checkpoint source, PackOptions options)
    {
        _source = source;
        _options = options;
    }

    /// <summary>Packs a model into a file, over one that is there; it appears when it is whole.</summary>
    /// <exception cref="ModelFormatException">The model cannot be packed: it is packed already, or a tensor is missing, misshapen or damaged.</exception>
    /// <exception cref="ModelMismatchException">A tensor's format is none of the engine's, or the tokenizer is another model's.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static void Pack(Checkpoint source, string path, PackOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        if (source is PackedCheckpoint)
            throw new ModelFormatException($"{source.Path} is packed already.");
        ModelPacker packer = new(source, options);
        packer.Plan();
        AtomicFile.Write(path, stream =>
        {
            using PackedDigest.Writer digest = new(stream);
            packer.Write(digest);
            digest.Flush();
        });
    }

    /// <summary>What an engine binds, in the order in which a token streams it.</summary>
    private void Plan()
    {
        ModelShape shape = _source.Shape;
        RowOrder order = RowOrder.Between(_source.RopeLayout, _options.RopeLayout, shape.HeadDim);
        foreach (ModelTensor tensor in ModelTensors.Of(shape))
        {
            // Up is packed with its gate.
            if (tensor.Name == TensorNames.TokenEmbedding || tensor.OfLayer == LayerTensors.Up)
                continue;
            RowOrder its = tensor.OfLayer is { IsRotated: true } ? order : default;
            if (tensor.Rows == 1)
                AddVector(tensor, its);
            else if (tensor.OfLayer == LayerTensors.Gate)
                AddPair(tensor, tensor.Name[..^LayerTensors.Gate.Stored.Length] + LayerTensors.Up.Stored);
            else
                AddMatrix(tensor, its);
        }

        if (shape.TiedEmbeddings)
            AddMatrix(ModelTensors.TokenEmbedding(shape), default);
        _total = _parts.Sum(static part => part.Bytes);
    }

    private void AddVector(ModelTensor tensor, RowOrder order)
    {
        TensorInfo info = Describe(tensor);
        if (TensorTypes.BlockOf(info.Type).Elements > 1)
            throw new ModelFormatException($"{_source.Path}: the vector {info.Name} is stored as {info.Type}; vectors must be F32, F16 or BF16.");
        Add(tensor, null, TensorType.F32, WeightPacker.VectorBytes(tensor.Columns), 1, to =>
        {
            WeightPacker.PackVector(View(tensor), order, (float*)to);
            return 1;
        });
    }

    private void AddMatrix(ModelTensor tensor, RowOrder order)
    {
        TensorType type = FormatOf(Describe(tensor));
        Add(tensor, null, type, WeightPacker.PanelBytes(type, tensor.Columns), WeightPacker.Panels(tensor.Rows), to =>
        {
            TensorView view = View(tensor);
            float unit = WeightPacker.Pack(view, type, order, to, _options.Threads, _options.Cancellation);
            _source.Advise(view, MemoryAdvice.DontNeed);
            return unit;
        });
    }

    private void AddPair(ModelTensor first, string secondName)
    {
        ModelTensor second = first with { Name = secondName };
        TensorInfo lower = Describe(first), upper = Describe(second);
        TensorType type = FormatOf(lower);
        if (FormatOf(upper) != type)
            throw new ModelFormatException($"{_source.Path}: {lower.Name} is stored as {lower.Type} and {upper.Name} as {upper.Type}; the two must have one format.");
        Add(first, secondName, type, WeightPacker.PanelBytes(type, first.Columns), WeightPacker.PairPanels(first.Rows), to =>
        {
            TensorView one = View(first), other = View(second);
            float unit = WeightPacker.PackPair(one, other, type, to, _options.Threads, _options.Cancellation);
            _source.Advise(one, MemoryAdvice.DontNeed);
            _source.Advise(other, MemoryAdvice.DontNeed);
            return unit;
        });
    }

    private void Add(ModelTensor tensor, string? partner, TensorType type, long panelBytes, int panels, Packer pack) =>
        _parts.Add(new Part(tensor, partner, type, panelBytes, panels, pack));

    private TensorInfo Describe(ModelTensor tensor)
    {
        try
        {
            return _source.Describe(tensor.Name, tensor.Rows, tensor.Columns);
        }
        catch (ModelMismatchException e)
        {
            throw new ModelFormatException(e.Message, e);
        }
    }

    private TensorView View(ModelTensor tensor) => _source.GetTensor(tensor.Name, tensor.Rows, tensor.Columns);

    private TensorType FormatOf(in TensorInfo tensor) => PanelFormat.Of(_source.Path, tensor, _options.Formats, "the engine");

    private void Write(PackedDigest.Writer stream)
    {
        GgufWriter writer = new(PackedKeys.Alignment);
        writer.Add(GgufCheckpoint.ArchitectureKey, PackedKeys.Architecture);
        writer.Add(NameKey, (_source as IGgufContainer)?.File.Metadata.GetText(NameKey) ?? Path.GetFileNameWithoutExtension(_source.Path));
        writer.Add(PackedKeys.Version, PackedKeys.CurrentVersion);
        writer.Add(PackedKeys.Layout, WeightPacker.Layout);
        writer.Add(PackedKeys.Target, _options.Target);
        writer.Add(PackedKeys.RopeLayout, _options.RopeLayout.ToString());
        PackedShape.Write(writer, _source.Shape);
        writer.Add(PackedKeys.Names, GgufArrayContent.Of(_parts.Select(static part => part.Tensor.Name)));
        writer.Add(PackedKeys.Partners, GgufArrayContent.Of(_parts.Select(static part => part.Partner ?? "")));
        writer.Add(PackedKeys.Types, GgufArrayContent.Of([.. _parts.Select(static part => (int)part.Type)]));
        writer.Add(PackedKeys.Rows, GgufArrayContent.Of([.. _parts.Select(static part => part.Tensor.Rows)]));
        writer.Add(PackedKeys.Columns, GgufArrayContent.Of([.. _parts.Select(static part => part.Tensor.Columns)]));
        AddTokenizer(writer);
        AddEmbedding(writer);
        AddParts(writer);
        writer.AddTensor(PackedKeys.Units, TensorType.F32, 1, _parts.Count, to => to.Write(MemoryMarshal.AsBytes<float>(_parts.Select(static part => part.Unit).ToArray())));
        writer.AddBytes(PackedKeys.Digest, PackedDigest.Length, to => to.Write(stream.Digest()));
        writer.Write(stream);
        _options.Progress?.Report(1);
    }

    private void AddTokenizer(GgufWriter writer)
    {
        if (_source is not IGgufContainer { File.Metadata: { } metadata })
        {
            if (_options.Tokenizer is { } tokenizer)
                GgufModelMetadata.AddTokenizer(writer, tokenizer, _source.Shape.VocabSize);
            return;
        }

        foreach (string key in metadata.Keys.Where(static key => key.StartsWith(TokenizerPrefix, StringComparison.Ordinal)))
        {
            if (metadata.TryGetValue(key, out GgufValue value))
                writer.Add(key, value);
        }
    }

    private void AddEmbedding(GgufWriter writer)
    {
        ModelTensor tensor = ModelTensors.TokenEmbedding(_source.Shape);
        writer.AddTensor(tensor.Name, Describe(tensor).Type, tensor.Rows, tensor.Columns, to =>
        {
            TensorView view = View(tensor);
            for (long at = 0; at < view.ByteLength; at += CopyBytes)
            {
                _options.Cancellation.ThrowIfCancellationRequested();
                to.Write(new ReadOnlySpan<byte>(view.Data + at, (int)Math.Min(CopyBytes, view.ByteLength - at)));
            }
        });
    }

    private void AddParts(GgufWriter writer)
    {
        // One buffer for all: it need only be zero where a last panel has no rows.
        NativeBuffer? buffer = null;
        foreach (Part part in _parts)
        {
            writer.AddBytes(PackedKeys.Panels + part.Tensor.Name, part.Bytes, to =>
            {
                _options.Cancellation.ThrowIfCancellationRequested();
                buffer ??= new NativeBuffer(_parts.Max(static other => other.Bytes), hugePages: true);
                new Span<byte>(buffer.Data + part.Bytes - part.PanelBytes, checked((int)part.PanelBytes)).Clear();
                part.Unit = part.Pack(buffer.Data);
                for (long at = 0; at < part.Bytes; at += CopyBytes)
                    to.Write(new ReadOnlySpan<byte>(buffer.Data + at, (int)Math.Min(CopyBytes, part.Bytes - at)));
                _done += part.Bytes;
                _options.Progress?.Report((double)_done / _total);
                if (part == _parts[^1])
                    buffer.Dispose();
            });
        }
    }

    /// <summary>Packs a part into so many bytes, and returns its unit.</summary>
    private delegate float Packer(byte* destination);

    private sealed class Part(ModelTensor tensor, string? partner, TensorType type, long panelBytes, int panels, Packer pack)
    {
        public ModelTensor Tensor => tensor;

        public string? Partner => partner;

        public TensorType Type => type;

        public long PanelBytes => panelBytes;

        public long Bytes => panelBytes * panels;

        public Packer Pack => pack;

        public float Unit { get; set; }
    }
}
