using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>Scales for up to eight blocks of 32, rounded to the halves that the blocks store.</summary>
internal static unsafe class LegacySearch
{
    /// <summary>Elements in a block.</summary>
    public const int Length = 32;

    /// <summary>x ≈ scales[b] · code with code in [-levels, levels - 1].</summary>
    [SkipLocalsInit]
    public static void Symmetric(float* source, int blocks, int levels, ushort* scales)
    {
        float* x = stackalloc float[Length * Panel.Lanes];
        float* weights = stackalloc float[Length * Panel.Lanes];
        Vector256<float> normalizer = Load(source, blocks, x, weights);
        Store(HalfFloat.NarrowScale(ScaleSearch.Symmetric(x, weights, Length, levels) / normalizer), blocks, scales);
    }

    /// <summary>x ≈ scales[b] · code + offsets[b] with code in [0, levels].</summary>
    [SkipLocalsInit]
    public static void Affine(float* source, int blocks, int levels, ushort* scales, ushort* offsets)
    {
        float* x = stackalloc float[Length * Panel.Lanes];
        float* weights = stackalloc float[Length * Panel.Lanes];
        Vector256<float> normalizer = Load(source, blocks, x, weights);
        Vector256<float> scale = ScaleSearch.Affine(x, weights, Length, levels, belowZero: false, out Vector256<float> offset);
        Store(HalfFloat.NarrowScale(scale / normalizer), blocks, scales);
        Store(HalfFloat.Narrow(offset / normalizer), blocks, offsets);
    }

    private static Vector256<float> Load(float* source, int blocks, float* x, float* weights)
    {
        Panel.Interleave(source, Length, blocks, x);
        Vector256<float> normalizer = Panel.Normalizer(Panel.Magnitude(x, Length));
        Panel.Scale(x, Length, normalizer);
        Panel.Weigh(x, Length, weights);
        return normalizer;
    }

    private static void Store(Vector256<int> bits, int blocks, ushort* halves)
    {
        for (int b = 0; b < blocks; b++)
            halves[b] = (ushort)bits.GetElement(b);
    }
}
