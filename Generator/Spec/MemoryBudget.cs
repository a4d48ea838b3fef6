using System;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Spec;

/// <summary>What a model takes in memory, in bytes; all of it known at compile time.</summary>
internal static class MemoryBudget
{
    /// <summary>All weights in the widest of their declared formats: at most this much.</summary>
    public static long WeightBytes(ModelSpec spec)
    {
        long widest = 0;
        foreach (WeightBlock block in WeightBlocks.Of(spec.Weights))
            widest = Math.Max(widest, block.StoredBytes * 256L / block.Columns);

        long weights = ParameterCount.Total(spec);
        return (weights / 256 * widest) + (weights % 256 * widest / 256);
    }

    /// <summary>Keys and values of one position in every layer.</summary>
    public static long KvBytesPerToken(ModelSpec spec) => 2L * spec.Layers * spec.KvHeads * HeadBytes(spec.KvCache, spec.HeadDim);

    /// <summary>The KV cache at its full context.</summary>
    public static long KvCacheBytes(ModelSpec spec) => KvBytesPerToken(spec) * spec.Context;

    // One head's key, or value, of one position.
    private static long HeadBytes(KvFormat format, int headDim) => format switch
    {
        KvFormat.F16 => 2L * headDim,
        KvFormat.F32 => 4L * headDim,
        KvFormat.Int8 => headDim + sizeof(float),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such KV format."),
    };
}
