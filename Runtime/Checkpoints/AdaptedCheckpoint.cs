using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Checkpoints;

/// <summary>
/// A model with an adapter merged into its matrices, each when it is asked for and in the format that it has: whatever is loaded from it
/// runs as fast as the bare model.
/// </summary>
internal sealed unsafe class AdaptedCheckpoint : Checkpoint
{
    private readonly Checkpoint _model;
    private readonly LoraAdapter _adapter;
    private readonly double _scale;
    private readonly MadeBuffers<string> _merged = new();

    // What is made anew, by canonical names; and these by the file's own ones, by which callers let go of what they have read.
    private readonly HashSet<string> _changed = [];
    private readonly Dictionary<string, string> _canonical = [];
    private bool _isRounded;

    public AdaptedCheckpoint(Checkpoint model, LoraAdapter adapter, double scale)
    {
        if (model is PackedCheckpoint)
        {
            throw new ModelMismatchException(
                $"{model.Path} is packed, but {adapter.Path} must be merged into the model that it was packed from.");
        }

        if (!double.IsFinite(scale))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "A scale is a finite number.");
        _model = model;
        _adapter = adapter;
        _scale = scale;
        foreach ((string name, LoraPair pair) in adapter.Pairs)
            Check(name, pair);
    }

    /// <inheritdoc/>
    public override string Path => _model.Path;

    /// <inheritdoc/>
    public override ModelShape Shape => _model.Shape;

    /// <inheritdoc/>
    public override RopeLayout RopeLayout => _model.RopeLayout;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> CanonicalNames => _model.CanonicalNames;

    /// <inheritdoc/>
    public override string? Notice
    {
        get
        {
            TensorType[] coarse = [.. _adapter.Pairs.Keys.Select(name => _model.TryDescribe(name, out TensorInfo info) ? info.Type : default)
                .Where(static type => TensorTypes.BlockOf(type).Elements > 1).Distinct().Order()];
            string? own = coarse.Length == 0 ? null
                : $"{_adapter.Path} is merged into matrices that are {string.Join(" and ", coarse)} again after it, which rounds it as it did them.";
            return _model.Notice is { } notice && own is not null ? $"{notice} {own}" : own ?? _model.Notice;
        }
    }

    /// <inheritdoc/>
    internal override bool HasEngineRows => _model.HasEngineRows;

    /// <inheritdoc/>
    internal override Checkpoint Original => _model.Original;

    /// <inheritdoc/>
    public override string KeyOf(string hyperparameter) => _model.KeyOf(hyperparameter);

    /// <inheritdoc/>
    public override bool TryDescribe(string name, out TensorInfo info)
    {
        bool found = _model.TryDescribe(name, out info);
        if (found && TypeOf(name, info.Type) is var type && type != info.Type)
            info = info with { Type = type, ByteLength = TensorTypes.ByteLength(type, info.Rows, info.Columns) };
        return found;
    }

    /// <inheritdoc/>
    public override bool TryGetTensor(string name, out TensorView tensor)
    {
        if (!_changed.Contains(name))
            return _model.TryGetTensor(name, out tensor);
        _ = TryDescribe(name, out TensorInfo info);
        byte* data = _merged.Get(name, info.ByteLength, hugePages: true, made => Merge(name, info, made.Data));
        tensor = new TensorView(info.Name, info.Type, info.Rows, info.Columns, data, info.ByteLength);
        return true;
    }

    /// <inheritdoc/>
    internal override void PrepareFor(IReadOnlySet<TensorType> formats)
    {
        _isRounded = !formats.Contains(TensorType.F32);
        _model.PrepareFor(formats);
    }

    // Half a float's bits cannot hold what an adapter changes: such matrices are F32 after it, if the engine has kernels for that. Rows of an
    // embedding are read in any format.
    private TensorType TypeOf(string name, TensorType type)
    {
        if (!_changed.Contains(name))
            return type;
        bool isRead = name == TensorNames.TokenEmbedding && !Shape.TiedEmbeddings;
        if (type is TensorType.F16 or TensorType.BF16)
            return _isRounded && !isRead ? type : TensorType.F32;
        return TensorTypes.ForKernels(type);
    }

    /// <inheritdoc/>
    public override bool Advise(in TensorView tensor, MemoryAdvice advice)
    {
        if (!_canonical.TryGetValue(tensor.Name, out string? name))
            return _model.Advise(tensor, advice);

        // Rows of the embedding are read as long as the model lives.
        return advice == MemoryAdvice.DontNeed && name != TensorNames.TokenEmbedding && _merged.Release(name);
    }

    /// <inheritdoc/>
    internal override void AppendHeader(IncrementalHash hash) => _model.AppendHeader(hash);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _merged.Dispose();
        _adapter.Dispose();
        _model.Dispose();
    }

    private void Check(string name, LoraPair pair)
    {
        // One of the two uses of a shared matrix alone cannot be changed by changing the matrix.
        if (Shape.TiedEmbeddings && name is TensorNames.TokenEmbedding or TensorNames.Classifier)
            throw Mismatch($"{name} has factors, but {_model.Path} uses one matrix for the embedding and the classifier");
        if (!_model.TryDescribe(name, out TensorInfo info))
            throw Mismatch($"{name} has factors for a matrix [{pair.Rows}, {pair.Columns}], but {_model.Path} has no such matrix");
        if (info.Rows != pair.Rows || info.Columns != pair.Columns)
        {
            string mine = string.Create(CultureInfo.InvariantCulture, $"[{info.Rows}, {info.Columns}]");
            throw Mismatch($"the factors of {name} are for a matrix [{pair.Rows}, {pair.Columns}], but {info.Name} of {_model.Path} is {mine}");
        }

        Change(name, info);

        // Kernels take turns with the rows of these two, which must have one format.
        if (PartnerOf(name) is { } partner && _model.TryDescribe(partner, out TensorInfo other))
            Change(partner, other);
    }

    private void Change(string name, in TensorInfo info)
    {
        _changed.Add(name);
        _canonical[info.Name] = name;
    }

    private static string? PartnerOf(string name)
    {
        LayerTensor? tensor = ModelTensors.OfLayer(name, out int layer);
        return tensor == LayerTensors.Gate ? TensorNames.OfLayer(layer, LayerTensors.Up.Stored)
            : tensor == LayerTensors.Up ? TensorNames.OfLayer(layer, LayerTensors.Gate.Stored) : null;
    }

    private ModelMismatchException Mismatch(FormattableString complaint) =>
        new($"{_adapter.Path}: {complaint.ToString(CultureInfo.InvariantCulture)}.");

    private void Merge(string name, TensorInfo info, byte* to)
    {
        if (!_model.TryGetTensor(name, out TensorView matrix))
            throw new ModelMismatchException($"{Path}: the tensor {name} cannot be read.");
        int columns = checked((int)info.Columns), rank = 0;
        long rowBytes = info.ByteLength / info.Rows;
        float scale = 0;
        float[] left = [], right = [];
        if (_adapter.Pairs.TryGetValue(name, out LoraPair? pair))
        {
            (left, right) = (Factor(pair.Left, pair.IsLeftTransposed), Factor(pair.Right, pair.IsRightTransposed));
            (rank, scale) = ((int)pair.Rank, (float)(pair.Scale * _scale));
        }

        bool rotated = ModelTensors.OfLayer(name, out _) is { IsRotated: true };
        RowOrder order = rotated ? RowOrder.Between(_adapter.RopeLayout, RopeLayout, Shape.HeadDim) : RowOrder.Unchanged;
        try
        {
            Parallel.For(0, info.Rows, () => new float[columns], (row, _, elements) =>
            {
                BlockFormats.DequantizeRow(matrix, row, elements);
                ReadOnlySpan<float> factors = left.AsSpan((int)(order.Source(row) * rank), rank);
                for (int i = 0; i < rank; i++)
                    Add(scale * factors[i], right.AsSpan(i * columns, columns), elements);
                if (elements.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
                    throw new ModelFormatException($"{_adapter.Path}: row {row} of {info.Name} is not finite with the adapter.");
                BlockFormats.Quantize(info.Type, elements, new Span<byte>(to + (row * rowBytes), checked((int)rowBytes)));
                return elements;
            }, static _ => { });
        }
        catch (AggregateException e)
        {
            // One bad row is enough to say what is wrong.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        _model.Advise(matrix, MemoryAdvice.DontNeed);
    }

    // A multiplication and an addition, each rounded: the same bits on every machine.
    private static void Add(float factor, ReadOnlySpan<float> row, Span<float> to)
    {
        int i = 0;
        Vector<float> wide = new(factor);
        for (; i <= to.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(to[i..]) + (wide * new Vector<float>(row[i..]))).CopyTo(to[i..]);
        for (; i < to.Length; i++)
        {
            float product = factor * row[i];
            to[i] += product;
        }
    }

    // As [rows, rank] or [rank, columns].
    private static float[] Factor(TensorView view, bool isTransposed)
    {
        int rows = checked((int)view.Rows), columns = checked((int)view.Columns);
        float[] stored = new float[checked(rows * columns)];
        for (int row = 0; row < rows; row++)
            BlockFormats.DequantizeRow(view, row, stored.AsSpan(row * columns, columns));
        if (!isTransposed)
            return stored;
        float[] turned = new float[stored.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                turned[(column * rows) + row] = stored[(row * columns) + column];
        }

        return turned;
    }
}
