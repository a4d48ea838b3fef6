using System;

namespace Llamalith.Generator.Spec;

/// <summary>What a model takes in memory, in bytes; all of it known at compile time.</summary>
internal static class MemoryBudget
{
    /// <summary>All weights in the widest of their declared formats: at most this much.</summary>
    public static long WeightBytes(ModelSpec spec)
    {
        long widest = 0;
        foreach ((WeightFormat format, int bytes) in BytesPer256)
        {
            if ((spec.Weights & format) != 0)
                widest = Math.Max(widest, bytes);
        }

        long weights = ParameterCount.Total(spec);
        return (weights / 256 * widest) + (weights % 256 * widest / 256);
    }

    /// <summary>Keys and values of one position in every layer.</summary>
    public static long KvBytesPerToken(ModelSpec spec) => 2L * spec.Layers * spec.KvDim * BytesPerNumber(spec.KvCache);

    /// <summary>The KV cache at its full context.</summary>
    public static long KvCacheBytes(ModelSpec spec) => KvBytesPerToken(spec) * spec.Context;

    private static readonly (WeightFormat Format, int Bytes)[] BytesPer256 =
    [
        (WeightFormat.F32, 1024),
        (WeightFormat.F16, 512),
        (WeightFormat.BF16, 512),
        (WeightFormat.Q8_0, 272),
        (WeightFormat.Q4_0, 144),
        (WeightFormat.Q4_1, 160),
        (WeightFormat.Q5_0, 176),
        (WeightFormat.Q5_1, 192),
        (WeightFormat.Q2_K, 84),
        (WeightFormat.Q3_K, 110),
        (WeightFormat.Q4_K, 144),
        (WeightFormat.Q5_K, 176),
        (WeightFormat.Q6_K, 210),
    ];

    private static int BytesPerNumber(KvFormat format) => format switch
    {
        KvFormat.F16 => 2,
        KvFormat.F32 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such KV format."),
    };
}
