using System;

namespace Llamalith.Generator.Spec;

/// <summary>What a model takes in memory, in bytes; all of it known at compile time.</summary>
internal static class MemoryBudget
{
    /// <summary>All weights in the widest of their declared formats: at most this much.</summary>
    public static long WeightBytes(ModelSpec spec)
    {
        long widest = 0;
        foreach (StoredBlock block in StoredBlocks.All)
        {
            if ((spec.Weights & block.Format) != 0)
                widest = Math.Max(widest, block.Bytes * 256L / block.Columns);
        }

        long weights = ParameterCount.Total(spec);
        return (weights / 256 * widest) + (weights % 256 * widest / 256);
    }

    /// <summary>Keys and values of one position in every layer.</summary>
    public static long KvBytesPerToken(ModelSpec spec) => 2L * spec.Layers * spec.KvDim * BytesPerNumber(spec.KvCache);

    /// <summary>The KV cache at its full context.</summary>
    public static long KvCacheBytes(ModelSpec spec) => KvBytesPerToken(spec) * spec.Context;

    private static int BytesPerNumber(KvFormat format) => format switch
    {
        KvFormat.F16 => 2,
        KvFormat.F32 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such KV format."),
    };
}
