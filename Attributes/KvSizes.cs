using System;

namespace Llamalith;

/// <summary>What keys and values take, by the name of the cache's format: one source for the compiler and the run time.</summary>
internal static class KvSizes
{
    /// <summary>Bytes of an element.</summary>
    public static int ElementBytes(string format) => format switch
    {
        "F16" => 2,
        "F32" => 4,
        "Int8" => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such KV format."),
    };

    /// <summary>Bytes of the scale that a position of a head has for its key, and as many for its value.</summary>
    public static int ScaleBytes(string format) => format == "Int8" ? sizeof(float) : 0;

    /// <summary>Keys and values of one position in every layer.</summary>
    public static long BytesPerToken(string format, int layers, int kvHeads, int headDim) =>
        BytesPerToken((long)layers * kvHeads, headDim, ElementBytes(format), ScaleBytes(format));

    /// <summary>Keys and values of one position in so many heads.</summary>
    public static long BytesPerToken(long heads, int headDim, int elementBytes, int scaleBytes) =>
        2 * heads * (((long)headDim * elementBytes) + scaleBytes);
}
