using System;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// Eight blocks of equal length side by side: vector i holds element i of each. A search over one block's scale then runs for
/// eight blocks at once with no horizontal sums, and its outcome depends on no machine's vector width.
/// </summary>
internal static unsafe class Panel
{
    /// <summary>Blocks in a panel.</summary>
    public const int Lanes = 8;

    /// <summary>Lays <paramref name="blocks"/> consecutive blocks out as a panel [length, Lanes]; missing blocks are zero.</summary>
    public static void Interleave(float* source, int length, int blocks, float* panel)
    {
        Debug.Assert(blocks is > 0 and <= Lanes);
        if (blocks < Lanes)
            new Span<float>(panel, length * Lanes).Clear();
        for (int lane = 0; lane < blocks; lane++, source += length)
        {
            for (int i = 0; i < length; i++)
                panel[i * Lanes + lane] = source[i];
        }
    }

    /// <summary>The largest magnitude of each block.</summary>
    public static Vector256<float> Magnitude(float* panel, int length)
    {
        Vector256<float> largest = default;
        for (int i = 0; i < length; i++)
            largest = Vector256.MaxNative(largest, Vector256.Abs(Vector256.Load(panel + i * Lanes)));
        return largest;
    }

    /// <summary>Multiplies each block by its factor.</summary>
    public static void Scale(float* panel, int length, Vector256<float> factor)
    {
        for (int i = 0; i < length; i++)
            (Vector256.Load(panel + i * Lanes) * factor).Store(panel + i * Lanes);
    }

    /// <summary>
    /// Importance of each element: its magnitude plus its block's root mean square. Large weights carry most of a dot product,
    /// so an error in them counts up to a few times as much as one in a small weight.
    /// </summary>
    public static void Weigh(float* panel, int length, float* weights)
    {
        Vector256<float> squares = default;
        for (int i = 0; i < length; i++)
        {
            Vector256<float> x = Vector256.Load(panel + i * Lanes);
            squares += x * x;
        }

        Vector256<float> mean = Vector256.Sqrt(squares / length);
        for (int i = 0; i < length; i++)
            (Vector256.Abs(Vector256.Load(panel + i * Lanes)) + mean).Store(weights + i * Lanes);
    }

    /// <summary>
    /// A power of two for each magnitude m, so that m times it lies in [1, 2): searches square and sum, which must overflow
    /// or vanish for no finite input.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Normalizer(Vector256<float> magnitude)
    {
        Vector256<int> exponent = magnitude.AsInt32() & Vector256.Create(0x7F800000);
        // The exponent field's largest finite value would need a subnormal factor: one step less halves nothing that matters.
        exponent = Vector256.Min(exponent, Vector256.Create(0x7E800000));
        return (Vector256.Create(0x7F000000) - exponent).AsSingle();
    }

    /// <summary>1/x, and 0 for 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Reciprocal(Vector256<float> x) =>
        Vector256.AndNot(Vector256<float>.One / x, Vector256.Equals(x, Vector256<float>.Zero));

    /// <summary>Sums the lanes, always in the same order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> x)
    {
        Vector128<float> four = x.GetLower() + x.GetUpper();
        return (four.ToScalar() + four.GetElement(1)) + (four.GetElement(2) + four.GetElement(3));
    }

    /// <summary>The largest lane.</summary>
    public static float Max(Vector256<float> x)
    {
        Vector128<float> four = Vector128.MaxNative(x.GetLower(), x.GetUpper());
        return Math.Max(Math.Max(four.ToScalar(), four.GetElement(1)), Math.Max(four.GetElement(2), four.GetElement(3)));
    }
}
