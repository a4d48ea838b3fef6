using System;

namespace Llamalith.Generator.Spec;

/// <summary>What a model takes in memory, in bytes; all of it known at compile time.</summary>
internal static class MemoryBudget
{
    /// <summary>All weights in their in-memory format.</summary>
    public static long WeightBytes(ModelSpec spec) => ParameterCount.Total(spec) * BytesPerWeight(spec.Weights);

    /// <summary>Keys and values of one position in every layer.</summary>
    public static long KvBytesPerToken(ModelSpec spec) => 2L * spec.Layers * spec.KvDim * BytesPerNumber(spec.KvCache);

    /// <summary>The KV cache at its full context.</summary>
    public static long KvCacheBytes(ModelSpec spec) => KvBytesPerToken(spec) * spec.Context;

    private static int BytesPerWeight(WeightFormat format) => format switch
    {
        WeightFormat.F32 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such weight format."),
    };

    private static int BytesPerNumber(KvFormat format) => format switch
    {
        KvFormat.F16 => 2,
        KvFormat.F32 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such KV format."),
    };
}
