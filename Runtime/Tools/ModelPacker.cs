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
/// Writes packed files (.llith): a model with its weights in the panels that kernels stream, so that loading it is mapping it. One tensor
/// at a time is in memory.
/// </summary>
public sealed unsafe class ModelPacker
{
    private const string TokenizerPrefix = "tokenizer.";
    private const string NameKey = "general.name";
    private const int CopyBytes = 1 << 20;

    // What a class is called where there is none.
    private const string Engine = "the engine";

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
    /// <exception cref="ModelFormatException">The model cannot be packed: it is packed already, or a tensor is missing, misshapen or
    /// damaged.</exception>
    /// <exception cref="ModelMismatchException">A tensor's format is none of the engine's or another than that of its pair, or the
    /// tokenizer is another model's.</exception>
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
        RowOrder order = RowOrder.Of(_source, _options.RopeLayout, shape.HeadDim, shape.Rotated);
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
        _total = _parts.Sum(static part => part.Panels.Bytes);
    }

    private void AddVector(ModelTensor tensor, RowOrder order) =>
        Add(tensor, null, PanelSource.Vector(_source, tensor.Name, Describe(tensor), order));

    private void AddMatrix(ModelTensor tensor, RowOrder order) =>
        Add(tensor, null, PanelSource.Matrix(_source, tensor.Name, Describe(tensor), order, _options.Formats, Engine));

    private void AddPair(ModelTensor first, string secondName)
    {
        ModelTensor second = first with { Name = secondName };
        Add(first, secondName,
            PanelSource.Pair(_source, (first.Name, Describe(first)), (secondName, Describe(second)), _options.Formats, Engine));
    }

    private void Add(ModelTensor tensor, string? partner, PanelSource panels) => _parts.Add(new Part(tensor, partner, panels));

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
        writer.Add(PackedKeys.Types, GgufArrayContent.Of([.. _parts.Select(static part => (int)part.Panels.Type)]));
        writer.Add(PackedKeys.Rows, GgufArrayContent.Of([.. _parts.Select(static part => part.Tensor.Rows)]));
        writer.Add(PackedKeys.Columns, GgufArrayContent.Of([.. _parts.Select(static part => part.Tensor.Columns)]));
        AddTokenizer(writer);
        AddEmbedding(writer);
        AddParts(writer);
        writer.AddTensor(PackedKeys.Units, TensorType.F32, 1, _parts.Count,
            to => to.Write(MemoryMarshal.AsBytes<float>(_parts.Select(static part => part.Unit).ToArray())));
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
            writer.AddBytes(PackedKeys.Panels + part.Tensor.Name, part.Panels.Bytes, to =>
            {
                _options.Cancellation.ThrowIfCancellationRequested();
                buffer ??= new NativeBuffer(_parts.Max(static other => other.Panels.Bytes), hugePages: true);
                new Span<byte>(buffer.Data + part.Panels.Bytes - part.Panels.PanelBytes, checked((int)part.Panels.PanelBytes)).Clear();
                part.Unit = part.Panels.Pack(buffer.Data, _options.Threads, fingerprint: null, _options.Cancellation);
                for (long at = 0; at < part.Panels.Bytes; at += CopyBytes)
                    to.Write(new ReadOnlySpan<byte>(buffer.Data + at, (int)Math.Min(CopyBytes, part.Panels.Bytes - at)));
                _done += part.Panels.Bytes;
                _options.Progress?.Report((double)_done / _total);
                if (part == _parts[^1])
                    buffer.Dispose();
            });
        }
    }

    private sealed class Part(ModelTensor tensor, string? partner, PanelSource panels)
    {
        public ModelTensor Tensor => tensor;

        public string? Partner => partner;

        public PanelSource Panels => panels;

        public float Unit { get; set; }
    }
}
