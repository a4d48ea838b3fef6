using System;
using System.Collections.Generic;
using System.Threading;

namespace Llamalith.Contracts;

/// <summary>
/// What becomes one stretch of panels: a vector, a matrix, or two matrices whose rows take turns. Engines that pack while they load and
/// files that are packed ahead measure and pack by it, so that both hold the same bytes.
/// </summary>
internal sealed unsafe class PanelSource
{
    private readonly Checkpoint _checkpoint;
    private readonly string[] _names;
    private readonly TensorInfo _info;
    private readonly RowOrder _order;
    private readonly bool _isVector;

    private PanelSource(
        Checkpoint checkpoint, string[] names, in TensorInfo info, RowOrder order, TensorType type, int panels, long panelBytes,
        bool isVector = false)
    {
        _checkpoint = checkpoint;
        _names = names;
        _info = info;
        _order = order;
        _isVector = isVector;
        Type = type;
        Panels = panels;
        PanelBytes = panelBytes;
    }

    /// <summary>The panels' format.</summary>
    public TensorType Type { get; }

    /// <summary>Number of panels.</summary>
    public int Panels { get; }

    /// <summary>Bytes of a panel.</summary>
    public long PanelBytes { get; }

    /// <summary>Bytes of all.</summary>
    public long Bytes => Panels * PanelBytes;

    /// <summary>A vector of floats, padded with zeros.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="name">The vector's canonical name.</param>
    /// <param name="info">What it is in the file.</param>
    /// <param name="order">Which source element becomes which.</param>
    /// <exception cref="ModelMismatchException">It is stored as no float.</exception>
    public static PanelSource Vector(Checkpoint checkpoint, string name, in TensorInfo info, RowOrder order) =>
        info.Type is TensorType.F32 or TensorType.F16 or TensorType.BF16
            ? new(checkpoint, [name], info, order, TensorType.F32, 1, WeightPacker.VectorBytes(info.Columns), isVector: true)
            : throw new ModelMismatchException(
                $"{checkpoint.Path}: the vector {info.Name} is stored as {info.Type}; vectors must be F32, F16 or BF16.");

    /// <summary>A matrix.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="name">The matrix's canonical name.</param>
    /// <param name="info">What it is in the file.</param>
    /// <param name="order">Which source row becomes which.</param>
    /// <param name="formats">The formats that kernels were emitted for; null for all.</param>
    /// <param name="engine">The compiled class, for messages.</param>
    /// <exception cref="ModelMismatchException">No kernel reads its format.</exception>
    public static PanelSource Matrix(
        Checkpoint checkpoint, string name, in TensorInfo info, RowOrder order, IReadOnlySet<TensorType>? formats, string engine)
    {
        TensorType type = PanelFormat.Of(checkpoint.Path, info, formats, engine);
        return new(checkpoint, [name], info, order, type, WeightPacker.Panels(info.Rows), WeightPacker.PanelBytes(type, info.Columns));
    }

    /// <summary>Two matrices of one shape.</summary>
    /// <inheritdoc cref="Matrix"/>
    public static PanelSource Pair(
        Checkpoint checkpoint,
        (string Name, TensorInfo Info) lower,
        (string Name, TensorInfo Info) upper,
        IReadOnlySet<TensorType>? formats,
        string engine)
    {
        TensorType type = PanelFormat.Of(checkpoint.Path, lower.Info, formats, engine);
        if (PanelFormat.Of(checkpoint.Path, upper.Info, formats, engine) != type)
        {
            throw new ModelMismatchException(
                $"{checkpoint.Path}: {lower.Info.Name} is stored as {lower.Info.Type} and {upper.Info.Name} as {upper.Info.Type}; "
                + "the two must have one format.");
        }

        return new(
            checkpoint,
            [lower.Name, upper.Name],
            lower.Info,
            RowOrder.Unchanged,
            type,
            WeightPacker.PairPanels(lower.Info.Rows),
            WeightPacker.PanelBytes(type, lower.Info.Columns));
    }

    /// <summary>Packs it, and lets go of the file's pages behind.</summary>
    /// <param name="to">Bytes, zeroed in the last panel at least.</param>
    /// <param name="threads">Most threads to use.</param>
    /// <param name="fingerprint">Takes note of what was packed; null for none.</param>
    /// <param name="cancellation">Stops between panels.</param>
    /// <returns>What sums over the packed weights must be multiplied by (<see cref="PackedMatrix.Unit"/>).</returns>
    public float Pack(byte* to, int threads, WeightFingerprint? fingerprint, CancellationToken cancellation)
    {
        TensorView[] views = Array.ConvertAll(_names, name => _checkpoint.GetTensor(name, _info.Rows, _info.Columns));
        float unit = 1;
        if (views is [var lower, var upper])
            unit = WeightPacker.PackPair(lower, upper, Type, to, threads, cancellation);
        else if (_isVector)
            WeightPacker.PackVector(views[0], _order, (float*)to);
        else
            unit = WeightPacker.Pack(views[0], Type, _order, to, threads, cancellation);
        foreach (TensorView view in views)
        {
            fingerprint?.Add(view);
            if (!_isVector)
                _checkpoint.Advise(view, MemoryAdvice.DontNeed);
        }

        return unit;
    }
}
