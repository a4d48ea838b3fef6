using System.Collections.Generic;
using System.ComponentModel;

namespace Llamalith.Contracts;

/// <summary>Kernels that give the same bits, so that which of them runs is free. Not for use by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class KernelVariants
{
    /// <summary>The kernels of each kind and format, the best guess first.</summary>
    public required IReadOnlyList<KernelVariant> Kernels { get; init; }

    /// <summary>How far ahead products of one token may be told to read: first what holds where nothing was measured.</summary>
    public required IReadOnlyList<ReadAhead> ReadAheads { get; init; }

    /// <summary>Tokens that products of many may be told to take at once, likewise.</summary>
    public required IReadOnlyList<int> TokenBlocks { get; init; }

    /// <summary>A layer's matrices and the classifier, in the order of <see cref="ITunable.MatrixOf"/>.</summary>
    public required IReadOnlyList<TunableMatrix> Matrices { get; init; }
}

/// <summary>The kernels of one instruction set, for one kind of product and one format. Not for use by hand.</summary>
/// <param name="Product">What they multiply by.</param>
/// <param name="Format">The weights' format.</param>
/// <param name="Number">What the dispatcher knows them by.</param>
/// <param name="Name">What people know them by, as in avx512.</param>
/// <param name="Lanes">Numbers in a vector.</param>
/// <param name="ReadsAhead">Whether those that multiply by one token heed how far ahead they are told to read.</param>
/// <param name="IsSupported">Whether this machine has the instructions.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record KernelVariant(
    ProductKind Product, TensorType Format, int Number, string Name, int Lanes, bool ReadsAhead, bool IsSupported);

/// <summary>How far ahead of its use a weight is asked for. Not for use by hand.</summary>
/// <param name="Far">Bytes, into the second-level cache.</param>
/// <param name="Near">Bytes, into the first-level cache.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record ReadAhead(int Far, int Near);

/// <summary>A matrix that products can be measured with. Not for use by hand.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Panels">Its panels.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="MostTokens">Most tokens that it is multiplied by at once.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct TunableMatrix(string Name, int Panels, int Columns, int MostTokens);
