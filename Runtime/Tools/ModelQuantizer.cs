using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;

namespace Llamalith.Tools;

/// <summary>
/// Writes any opened checkpoint as a GGUF file of another mix of tensor types, streaming: no tensor is ever whole in memory.
/// </summary>
public sealed class ModelQuantizer
{
    private readonly Checkpoint _source;
    private readonly QuantizationPreset _preset;
    private readonly QuantizeOptions _options;
    private readonly List<Conversion> _conversions = [];

    private ModelQuantizer(Checkpoint source, QuantizationPreset preset, QuantizeOptions options)
    {
        _source = source;
        _preset = preset;
        _options = options;
    }

    /// <summary>Converts a model.</summary>
    /// <param name="source">
    /// The model, of any format. A GGUF file's metadata and further tensors are carried over; of other formats the hyperparameters are
    /// written, and query and key rows are brought into the order that GGUF files of the architecture have.
    /// </param>
    /// <param name="path">The file to write. It appears when it is complete, in place of one that was there.</param>
    /// <param name="preset">The mix of tensor types; see <see cref="TensorMix"/>. Vectors stay or become F32.</param>
    /// <param name="options">Default: all processors, from floats only.</param>
    /// <exception cref="ArgumentException">The path is the source's own.</exception>
    /// <exception cref="ModelFormatException">
    /// The source is quantised already, a tensor of it is missing or of another shape than its hyperparameters say, or an element is
    /// infinite or NaN.
    /// </exception>
    /// <exception cref="ModelMismatchException">The tokenizer has another number of tokens than the model.</exception>
    /// <exception cref="OperationCanceledException">The user asked for it; no file is left.</exception>
    public static void Quantize(Checkpoint source, string path, QuantizationPreset preset, QuantizeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Path.GetFullPath(path) == Path.GetFullPath(source.Path))
            throw new ArgumentException($"{path} is the source itself.", nameof(path));
        ModelQuantizer quantizer = new(source, preset, options ?? new QuantizeOptions());
        GgufWriter writer = quantizer.Plan();
        AtomicFile.Write(path, writer.Write);
    }

    private GgufWriter Plan()
    {
        GgufWriter writer = new();
        if (_source is GgufCheckpoint gguf)
            PlanGguf(gguf, writer);
        else
            PlanOther(writer);

        long total = _conversions.Sum(conversion => conversion.Rows * conversion.RowBytes);
        RowWriter rows = new(_options.Threads, total, _options.Progress, _options.Cancellation);
        foreach (Conversion conversion in _conversions)
        {
            writer.AddTensor(conversion.Name, conversion.Type, conversion.Dimensions, stream =>
            {
                rows.Write(
                    stream, conversion.Rows, conversion.RowBytes, (begin, end, destination) => Make(conversion, begin, end, destination));
                conversion.Release?.Invoke();
            });
        }

        return writer;
    }

    /// <summary>Everything as it is in the file, but for the types of the matrices.</summary>
    private void PlanGguf(GgufCheckpoint source, GgufWriter writer)
    {
        HashSet<string> replaced = [GgufModelMetadata.FileTypeKey, GgufModelMetadata.QuantizationVersionKey, "general.alignment"];
        foreach (string key in source.File.Metadata.Keys)
        {
            if (!replaced.Contains(key) && !GgufSet.IsOfParts(key) && source.File.Metadata.TryGetValue(key, out GgufValue value))
                writer.Add(key, value);
        }

        GgufModelMetadata.AddMix(writer, _preset);
        HashSet<string> canonical = [.. source.CanonicalNames];
        foreach (GgufTensor tensor in source.Files.Tensors)
        {
            TensorView view = source.Files.View(tensor);
            Add(view, canonical.Contains(tensor.Name) ? tensor.Name : null, tensor.Name, tensor.Dimensions.AsSpan(), RowOrder.Unchanged);
        }
    }

    /// <summary>The architecture that says the source's shape.</summary>
    private void PlanOther(GgufWriter writer)
    {
        ModelShape shape = _source.Shape;
        RopeLayout layout = GgufModelMetadata.AddShape(writer, shape, _options.Name ?? Path.GetFileNameWithoutExtension(_source.Path));
        GgufModelMetadata.AddMix(writer, _preset);
        if (_options.Tokenizer is { } tokenizer)
            GgufModelMetadata.AddTokenizer(writer, tokenizer, shape.VocabSize);
        RowOrder order = RowOrder.Between(_source.RopeLayout, layout, shape.HeadDim);
        foreach (ModelTensor tensor in ModelTensors.Of(shape))
        {
            if (!_source.TryGetTensor(tensor.Name, out TensorView view))
                throw new ModelFormatException($"{_source.Path}: the tensor {tensor.Name} [{tensor.Rows}, {tensor.Columns}] is missing.");
            if (view.Rows != tensor.Rows || view.Columns != tensor.Columns)
            {
                throw new ModelFormatException(
                    $"{_source.Path}: the tensor {view.Name} is [{view.Rows}, {view.Columns}], but by the hyperparameters it should be "
                        + $"[{tensor.Rows}, {tensor.Columns}].");
            }

            long[] dimensions = tensor.Rows == 1 ? [tensor.Columns] : [tensor.Columns, tensor.Rows];
            Add(view, tensor.Name, tensor.Name, dimensions, tensor.OfLayer is { IsRotated: true } ? order : RowOrder.Unchanged);
        }

        GgufModelMetadata.AddRopeTensors(writer, shape);
    }

    private void Add(TensorView view, string? canonicalName, string fileName, ReadOnlySpan<long> dimensions, RowOrder order)
    {
        // What no rule names is not ours to make coarser.
        TensorType type = canonicalName is null
            ? view.Type
            : TensorMix.Choose(_preset, _source.Shape, canonicalName, view.Rows, view.Columns);
        if (!_options.AllowRequantize && type != view.Type && TensorTypes.BlockOf(view.Type).Elements > 1)
        {
            throw new ModelFormatException(
                $"{_source.Path}: the tensor {view.Name} is {view.Type} already; to make it {type} from that would add one error to "
                    + $"another, unless that is allowed ({nameof(QuantizeOptions.AllowRequantize)}, --requantize).");
        }

        _conversions.Add(new Conversion
        {
            Name = fileName,
            View = view,
            Type = type,
            Dimensions = dimensions.ToArray(),
            RowBytes = TensorTypes.ByteLength(type, 1, view.Columns),
            Order = order,
            Release = () => _source.Advise(view, MemoryAdvice.DontNeed),
        });
    }

    private void Make(Conversion conversion, long begin, long end, Span<byte> destination)
    {
        try
        {
            if (conversion.Order.IsUnchanged)
                BlockFormats.ConvertRows(conversion.View, conversion.Type, begin, end, destination);
            else if (conversion.Rows == 1)
                ReorderVector(conversion, destination);
            else
                ReorderRows(conversion, begin, end, destination);
        }
        catch (ModelFormatException e)
        {
            throw new ModelFormatException($"{_source.Path}: {e.Message}", e);
        }
    }

    private static void ReorderRows(Conversion conversion, long begin, long end, Span<byte> destination)
    {
        int rowBytes = (int)conversion.RowBytes;
        for (long row = begin; row < end; row++)
        {
            long from = conversion.Order.Source(row);
            BlockFormats.ConvertRows(
                conversion.View, conversion.Type, from, from + 1, destination.Slice((int)(row - begin) * rowBytes, rowBytes));
        }
    }

    private static void ReorderVector(Conversion conversion, Span<byte> destination)
    {
        float[] vector = new float[conversion.View.Columns];
        BlockFormats.DequantizeRow(conversion.View, 0, vector);
        Span<float> turned = MemoryMarshal.Cast<byte, float>(destination);
        for (int i = 0; i < turned.Length; i++)
            turned[i] = vector[conversion.Order.Source(i)];
    }

    /// <summary>One tensor on its way.</summary>
    private sealed class Conversion
    {
        public required string Name { get; init; }

        public required TensorView View { get; init; }

        public required TensorType Type { get; init; }

        public required long[] Dimensions { get; init; }

        public required long RowBytes { get; init; }

        public required RowOrder Order { get; init; }

        public Action? Release { get; init; }

        public long Rows => View.Rows;
    }
}
