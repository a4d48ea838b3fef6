using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Contracts;

/// <summary>
/// Binds the tensors of a checkpoint to memory that kernels can stream, in two rounds of the same calls: the first checks names,
/// shapes and formats and measures, then <see cref="Allocate"/>, and the second packs. Pages of the file are let go behind. What the file
/// holds in panels already is used where it lies.
/// </summary>
public sealed unsafe class WeightBinder : IDisposable
{
    private const int Alignment = 64;

    private readonly Checkpoint _checkpoint;
    private readonly string _className;
    private readonly HashSet<TensorType> _formats;
    private readonly LoadOptions _options;
    private readonly int _threads;
    private readonly IPackedWeights? _packed;
    private readonly WeightFingerprint _fingerprint = new();
    private NativeBuffer? _memory;
    private string? _identity;
    private long _next;

    /// <summary>A binder in its first round.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="className">The compiled class, for messages.</param>
    /// <param name="formats">The formats that kernels were emitted for.</param>
    /// <param name="options">Threads, progress and cancellation.</param>
    public WeightBinder(Checkpoint checkpoint, string className, ReadOnlySpan<TensorType> formats, LoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        _checkpoint = checkpoint;
        _className = className;
        _formats = [.. formats];
        _options = options;

        // Packing meets at no barrier: every processor helps, whatever the model's size.
        _threads = options.Threads ?? Environment.ProcessorCount;
        _packed = checkpoint.Packed;
        checkpoint.PrepareFor(_formats);
        Choices = new KernelTable(formats) { IsMapped = _packed is not null };
    }

    /// <summary>Which kernels multiply matrices of each format.</summary>
    public KernelTable Choices { get; }

    /// <summary>Bytes of the weights in panels, which a token reads whole: known after the first round.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// Tells these weights from others of the same shape: the checksum of a packed file, as it states it, or a fingerprint of what was
    /// bound. Known after the second round.
    /// </summary>
    public string Identity =>
        _identity ??= _packed is null ? $"fingerprint:{_fingerprint}" : $"sha256:{Convert.ToHexStringLower(_checkpoint.Digest)}";

    /// <summary>Ends the first round.</summary>
    public void Allocate()
    {
        Bytes = _next;
        _next = 0;

        // What lies in panels already is bound at once.
        if (_packed is null)
        {
            _memory = new NativeBuffer(Bytes, hugePages: true);

            // Nothing binds it, since it stays in the file.
            if (_checkpoint.TryGetTensor(TensorNames.TokenEmbedding, out TensorView embedding))
                _fingerprint.Add(embedding);
        }
        else
        {
            _options.Progress?.Report(1);
        }
    }

    /// <summary>A vector of floats, such as norm weights or a bias, padded with zeros.</summary>
    public float* Vector(string name, int length, RowOrder order = default)
    {
        TensorInfo info = _checkpoint.Describe(name, 1, length);
        PanelSource source = PanelSource.Vector(_checkpoint, name, info, order);
        byte* to = Take(source.Bytes);
        if (_packed is not null)
        {
            EnsureInOrder(info, order);
            return _packed.Vector(name, length);
        }

        _ = Pack(source, to);
        return (float*)to;
    }

    /// <summary>A weight matrix [rows, columns].</summary>
    public PackedMatrix Matrix(string name, int rows, int columns, RowOrder order = default)
    {
        TensorInfo info = _checkpoint.Describe(name, rows, columns);
        PanelSource source = PanelSource.Matrix(_checkpoint, name, info, order, _formats, _className);
        byte* to = Take(source.Bytes);
        if (_packed is not null)
        {
            EnsureInOrder(info, order);
            return Checked(_packed.Matrix(name, rows, columns), source.Type);
        }

        return new PackedMatrix { Data = to, Type = source.Type, Unit = Pack(source, to), Choice = Choices[source.Type] };
    }

    /// <summary>Two matrices [rows, columns] whose rows a kernel combines pairwise.</summary>
    public PackedMatrix Pair(string first, string second, int rows, int columns)
    {
        PanelSource source = PanelSource.Pair(
            _checkpoint,
            (first, _checkpoint.Describe(first, rows, columns)),
            (second, _checkpoint.Describe(second, rows, columns)),
            _formats,
            _className);
        byte* to = Take(source.Bytes);
        return _packed is not null
            ? Checked(_packed.Pair(first, second, rows, columns), source.Type)
            : new PackedMatrix { Data = to, Type = source.Type, Unit = Pack(source, to), Choice = Choices[source.Type] };
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();

    // In the first round there is nothing to pack to.
    private float Pack(PanelSource source, byte* to)
    {
        float unit = to is null ? 1 : source.Pack(to, _threads, _fingerprint, _options.Cancellation);
        Report();
        return unit;
    }

    private void EnsureInOrder(in TensorInfo tensor, RowOrder order)
    {
        if (!order.IsUnchanged)
        {
            throw new ModelMismatchException(
                $"{_checkpoint.Path}: the rows of {tensor.Name} were packed for RopeLayout = {_checkpoint.RopeLayout}, but {_className} "
                    + "was compiled for another one; pack the model again for that.");
        }
    }

    private PackedMatrix Checked(PackedMatrix matrix, TensorType type) => matrix.Type == type
        ? matrix with { Choice = Choices[type] }
        : throw new ModelMismatchException(
            $"{_checkpoint.Path}: a matrix was packed as {matrix.Type}, but {_className} was compiled for Weights = "
                + $"{string.Join(" | ", _formats.Order())}; pack the model again for that.");

    private byte* Take(long bytes)
    {
        long at = _next;
        _next = checked(at + ((bytes + Alignment - 1) / Alignment * Alignment));
        return _memory is null ? null : _memory.Data + at;
    }

    private void Report()
    {
        _options.Cancellation.ThrowIfCancellationRequested();
        if (_memory is not null)
            _options.Progress?.Report(Math.Min(1, (double)_next / Math.Max(1, Bytes)));
    }
}
