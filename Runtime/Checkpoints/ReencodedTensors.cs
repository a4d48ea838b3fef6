using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Checkpoints;

/// <summary>
/// Matrices of types without kernels, as an engine sees them: described as the type that they will be, and stored as it when they are asked
/// for.
/// </summary>
/// <param name="path">The file, for messages.</param>
internal sealed unsafe class ReencodedTensors(string path) : IDisposable
{
    // By where the matrix lies in the file: several may lie in one tensor of it.
    private readonly MadeBuffers<nint> _stored = new();
    private readonly SortedDictionary<TensorType, int> _counts = [];

    /// <summary>What the user is to be told; null where there is nothing.</summary>
    public string? Notice => _counts.Count == 0
        ? null
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{_counts.Values.Sum()} tensors are {string.Join(", ", _counts.Keys)}, for which there are no kernels: "
                + $"they are stored anew as {StoredTypes} when they are loaded, which takes more memory than the file.");

    private string StoredTypes => string.Join(" and ", _counts.Keys.Select(TensorTypes.ForKernels).Distinct());

    /// <summary>Whether a tensor must be stored anew before an engine multiplies by it: vectors are read as they are.</summary>
    public static bool Has(TensorType? type, long rows) => rows > 1 && type is { } known && !TensorTypes.HasKernels(known);

    /// <summary>Takes note of one.</summary>
    public void Add(TensorType type) => _counts[type] = _counts.GetValueOrDefault(type) + 1;

    /// <summary>What it will be.</summary>
    public static TensorInfo Describe(in TensorView matrix)
    {
        TensorType stored = TensorTypes.ForKernels(matrix.Type);
        return new TensorInfo(matrix.Name, stored, matrix.Rows, matrix.Columns, TensorTypes.ByteLength(stored, matrix.Rows, matrix.Columns));
    }

    /// <summary>Stores a matrix as the type that engines multiply by, by all processors; once, until it is let go.</summary>
    /// <exception cref="ModelFormatException">An element is infinite or no number.</exception>
    public TensorView Get(TensorView matrix)
    {
        TensorInfo info = Describe(matrix);
        byte* data = _stored.Get((nint)matrix.Data, info.ByteLength, hugePages: true, made => Convert(matrix, info, made.Data));
        return new TensorView(info.Name, info.Type, info.Rows, info.Columns, data, info.ByteLength);
    }

    /// <summary>Whether a view is of a matrix that was stored anew.</summary>
    public bool Owns(in TensorView stored) => _stored.TryFind(stored.Data, out _);

    /// <summary>Frees a matrix, if it is one of these.</summary>
    public bool Release(in TensorView stored) => _stored.TryFind(stored.Data, out nint key) && _stored.Release(key);

    private void Convert(TensorView matrix, TensorInfo info, byte* to)
    {
        long rowBytes = info.ByteLength / info.Rows;
        try
        {
            Parallel.For(0, info.Rows, row => BlockFormats.ConvertRows(
                matrix, info.Type, row, row + 1, new Span<byte>(to + (row * rowBytes), checked((int)rowBytes))));
        }
        catch (AggregateException e)
        {
            // One bad row is enough to say what is wrong.
            if (e.InnerExceptions[0] is ModelFormatException bad)
                throw new ModelFormatException($"{path}: {bad.Message}", bad);
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stored.Dispose();
}
