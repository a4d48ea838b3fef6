using System;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Output;
using Llamalith.Contracts;

namespace Llamalith.Cli.Models;

/// <summary>What a model takes in memory when it runs, in bytes.</summary>
/// <param name="Weights">The weights in the form that the engine wants. The token embedding stays in the file, unless it is the classifier
/// too.</param>
/// <param name="CachePerToken">Keys and values of one position in every layer.</param>
/// <param name="Cache">The KV cache when the context is full.</param>
internal sealed record MemoryNeed(long Weights, long CachePerToken, long Cache)
{
    /// <summary>What to tell the user where the weights do not fit the memory that this process may use; null where they do.</summary>
    /// <param name="available">That memory, in bytes.</param>
    /// <param name="streamedFrom">The file that they are streamed from; null where they are not.</param>
    public string? Complaint(long available, string? streamedFrom = null)
    {
        if (Weights <= available)
            return null;
        string fact = $"The weights take {Quantity.Bytes(Weights)}, but only {Quantity.Bytes(available)} of memory are there";
        return streamedFrom is null
            ? $"{fact}: expect this to be slow, or to be ended by the system."
            : $"{fact}: they are read from {streamedFrom} as they are needed, as fast as the disk is.";
    }

    /// <summary>What the engine of a class takes for a file.</summary>
    public static MemoryNeed Of(Checkpoint checkpoint, ModelClass model)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(model);
        long weights = 0;
        foreach (string name in checkpoint.CanonicalNames)
        {
            bool stays = name == TensorNames.TokenEmbedding && !model.Shape.TiedEmbeddings;
            if (!stays && checkpoint.TryDescribe(name, out TensorInfo tensor))
                weights += BytesInMemory(tensor);
        }

        long perToken = KvLayout.BytesPerTokenOf(model.Shape, model.KvCache);
        return new MemoryNeed(weights, perToken, perToken * model.Shape.Context);
    }

    // Of a tensor once it is loaded.
    private static long BytesInMemory(in TensorInfo tensor) => tensor.Rows == 1
        ? tensor.Columns * sizeof(float)
        : WeightPacker.Panels(tensor.Rows) * WeightPacker.PanelBytes(tensor.Type, tensor.Columns);
}
