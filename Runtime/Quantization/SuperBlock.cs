using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>What the two searches over a K-quant's super-block of 256 elements share.</summary>
internal static unsafe class SuperBlock
{
    /// <summary>Elements in a super-block.</summary>
    public const int Elements = 256;

    /// <summary>Most sub-blocks in a super-block.</summary>
    public const int MaxSubBlocks = 16;

    /// <summary>How often the shared scales may be refitted.</summary>
    public const int Refits = 2;

    /// <summary>
    /// Lays a super-block's sub-blocks out as panels, normalised, with their weights; returns the factor that normalised them.
    /// </summary>
    public static float Load(float* source, int length, float* x, float* weights)
    {
        int groups = Elements / length / Panel.Lanes;
        Vector256<float> magnitude = default;
        for (int g = 0; g < groups; g++)
        {
            float* panel = Group(x, g, length);
            Panel.Interleave(source + g * Panel.Lanes * length, length, Panel.Lanes, panel);
            magnitude = Vector256.MaxNative(magnitude, Panel.Magnitude(panel, length));
        }

        Vector256<float> normalizer = Panel.Normalizer(Vector256.Create(Panel.Max(magnitude)));
        for (int g = 0; g < groups; g++)
        {
            Panel.Scale(Group(x, g, length), length, normalizer);
            Panel.Weigh(Group(x, g, length), length, Group(weights, g, length));
        }

        return normalizer.ToScalar();
    }

    /// <summary>The panel of the sub-blocks 8 · group and on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Group(float* panels, int group, int length) => panels + group * Panel.Lanes * length;

    /// <summary>
    /// A normalised scale rounded to the half that the block will store, and what that half is worth among normalised numbers.
    /// </summary>
    public static ushort Half(float normalized, float normalizer, out float rounded)
    {
        ushort bits = HalfFloat.Narrow(normalized / normalizer);
        if (bits == 0x8000)
            bits = 0;
        rounded = HalfFloat.Widen(bits) * normalizer;
        return bits;
    }

    /// <summary>
    /// As <see cref="Half"/>, but by the rule of <see cref="HalfFloat.NarrowScale"/>, so that the largest sub-block's scale stays within
    /// its code's reach.
    /// </summary>
    public static ushort HalfUp(float normalized, float normalizer, out float rounded)
    {
        ushort bits = (ushort)HalfFloat.NarrowScale(Vector256.Create(normalized / normalizer)).ToScalar();
        rounded = HalfFloat.Widen(bits) * normalizer;
        return bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Clamp(Vector256<float> x, float lowest, float highest) =>
        Vector256.MinNative(Vector256.MaxNative(x, Vector256.Create(lowest)), Vector256.Create(highest));
}
