using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Sampling;

/// <summary>
/// Vector arithmetic over logits. Always eight lanes, whatever the machine has, and never a fused multiply-add: sums add up in
/// the same order and round the same way everywhere.
/// </summary>
internal static class LogitMath
{
    /// <summary>Elements whose weights are summed up into one number; see <see cref="Weigh"/>.</summary>
    public const int BlockSize = 1024;

    /// <summary>The largest logit. Worthless where one is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Max(ReadOnlySpan<float> logits, out bool hasNaN)
    {
        ref float first = ref MemoryMarshal.GetReference(logits);
        Vector256<float> max0 = Vector256.Create(float.NegativeInfinity), max1 = max0, max2 = max0, max3 = max0;
        Vector256<float> sound0 = Vector256<float>.AllBitsSet, sound1 = sound0;
        int i = 0;
        for (; i <= logits.Length - 4 * Vector256<float>.Count; i += 4 * Vector256<float>.Count)
        {
            Vector256<float> x0 = Vector256.LoadUnsafe(ref first, (nuint)i);
            Vector256<float> x1 = Vector256.LoadUnsafe(ref first, (nuint)(i + 8));
            Vector256<float> x2 = Vector256.LoadUnsafe(ref first, (nuint)(i + 16));
            Vector256<float> x3 = Vector256.LoadUnsafe(ref first, (nuint)(i + 24));
            max0 = Vector256.MaxNative(max0, x0);
            max1 = Vector256.MaxNative(max1, x1);
            max2 = Vector256.MaxNative(max2, x2);
            max3 = Vector256.MaxNative(max3, x3);
            // Only NaN is not equal to itself.
            sound0 &= Vector256.Equals(x0, x0) & Vector256.Equals(x1, x1);
            sound1 &= Vector256.Equals(x2, x2) & Vector256.Equals(x3, x3);
        }
        Vector256<float> max = Vector256.MaxNative(Vector256.MaxNative(max0, max1), Vector256.MaxNative(max2, max3));
        bool sound = (sound0 & sound1).ExtractMostSignificantBits() == 0xFF;
        Vector128<float> half = Vector128.MaxNative(max.GetLower(), max.GetUpper());
        float largest = LargerOf(LargerOf(half[0], half[1]), LargerOf(half[2], half[3]));
        for (; i < logits.Length; i++)
        {
            float x = Unsafe.Add(ref first, i);
            sound &= !float.IsNaN(x);
            largest = LargerOf(largest, x);
        }
        hasNaN = !sound;
        return largest;
    }

    /// <summary>The first index of a logit that is there, not NaN.</summary>
    public static int IndexOf(ReadOnlySpan<float> logits, float value)
    {
        // As integers, since the runtime's own search knows those, and floats that are equal have equal bits; but for zero.
        ReadOnlySpan<int> bits = MemoryMarshal.Cast<float, int>(logits);
        if (value != 0)
            return bits.IndexOf(BitConverter.SingleToInt32Bits(value));
        return bits.IndexOfAny(BitConverter.SingleToInt32Bits(0f), BitConverter.SingleToInt32Bits(-0f));
    }

    /// <summary>weights[i] = e^((logits[i] − max) / temperature), which is 0 to 1. The two may be the same memory.</summary>
    /// <param name="logits">No NaN, and nothing above <paramref name="max"/>.</param>
    /// <param name="weights">As many.</param>
    /// <param name="max">The largest logit, finite.</param>
    /// <param name="temperature">Above 0.</param>
    /// <param name="blockSums">Gets the sum of each block of <see cref="BlockSize"/> weights, where it is not empty.</param>
    /// <returns>The sum of all weights.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Weigh(ReadOnlySpan<float> logits, Span<float> weights, float max, float temperature, Span<double> blockSums)
    {
        double total = 0;
        Vector256<float> top = Vector256.Create(max), heat = Vector256.Create(temperature);
        for (int start = 0, block = 0; start < logits.Length; start += BlockSize, block++)
        {
            int end = Math.Min(start + BlockSize, logits.Length);
            ref float from = ref MemoryMarshal.GetReference(logits);
            ref float to = ref MemoryMarshal.GetReference(weights[..logits.Length]);
            Vector256<float> sum = Vector256<float>.Zero;
            int i = start;
            for (; i <= end - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256<float> weight = Exp((Vector256.LoadUnsafe(ref from, (nuint)i) - top) / heat);
                weight.StoreUnsafe(ref to, (nuint)i);
                sum += weight;
            }
            if (i < end)
            {
                Vector256<float> weight = Exp((LoadTail(logits[i..end]) - top) / heat);
                for (int lane = 0; i + lane < end; lane++)
                    Unsafe.Add(ref to, i + lane) = weight[lane];
                sum += weight;
            }
            double blockSum = Total(sum);
            if (!blockSums.IsEmpty)
                blockSums[block] = blockSum;
            total += blockSum;
        }
        return total;
    }

    /// <summary>Σ e^(logits[i] − max).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumOfWeights(ReadOnlySpan<float> logits, float max)
    {
        double total = 0;
        Vector256<float> top = Vector256.Create(max);
        for (int start = 0; start < logits.Length; start += BlockSize)
        {
            int end = Math.Min(start + BlockSize, logits.Length);
            ref float from = ref MemoryMarshal.GetReference(logits);
            Vector256<float> sum = Vector256<float>.Zero;
            int i = start;
            for (; i <= end - Vector256<float>.Count; i += Vector256<float>.Count)
                sum += Exp(Vector256.LoadUnsafe(ref from, (nuint)i) - top);
            if (i < end)
                sum += Exp(LoadTail(logits[i..end]) - top);
            total += Total(sum);
        }
        return total;
    }

    /// <summary>The keys of all logits above or at a threshold, in the order of their indices.</summary>
    /// <returns>How many there are.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int CollectAtLeast(ReadOnlySpan<float> logits, float threshold, Span<ulong> keys)
    {
        ref float first = ref MemoryMarshal.GetReference(logits);
        Vector256<float> bound = Vector256.Create(threshold);
        int count = 0;
        int i = 0;
        for (; i <= logits.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> hit = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref first, (nuint)i), bound);
            if (hit == Vector256<float>.Zero)
                continue;
            for (uint bits = hit.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
            {
                int at = i + BitOperations.TrailingZeroCount(bits);
                keys[count++] = LogitKey.Of(Unsafe.Add(ref first, at), at);
            }
        }
        for (; i < logits.Length; i++)
            if (Unsafe.Add(ref first, i) >= threshold)
                keys[count++] = LogitKey.Of(Unsafe.Add(ref first, i), i);
        return count;
    }

    /// <summary>The keys of the so many largest logits, in no order; of equals those with the lowest indices.</summary>
    /// <param name="logits">At least <paramref name="count"/>.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="keys">As long as <paramref name="logits"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CollectLargest(ReadOnlySpan<float> logits, int count, Span<ulong> keys)
    {
        // Candidates gather until there are twice as many as wanted, then the lesser half is thrown out. What is not above the
        // least that was kept can be passed over, eight at a time: soon that is nearly all.
        int room = (int)Math.Min(Math.Max(2L * count, count + 256L), logits.Length);
        ref float first = ref MemoryMarshal.GetReference(logits);
        int held = Math.Min(room, logits.Length);
        for (int i = 0; i < held; i++)
            keys[i] = LogitKey.Of(Unsafe.Add(ref first, i), i);
        for (int i = held; i < logits.Length;)
        {
            LogitKey.SelectBest(keys[..held], count);
            held = count;
            Vector256<float> bound = Vector256.Create(LogitKey.Logit(LogitKey.Worst(keys[..count])));
            for (; held < room && i < logits.Length;)
            {
                if (i <= logits.Length - Vector256<float>.Count
                    && !Vector256.GreaterThanAny(Vector256.LoadUnsafe(ref first, (nuint)i), bound))
                {
                    i += Vector256<float>.Count;
                    continue;
                }
                int end = Math.Min(i + Vector256<float>.Count, logits.Length);
                for (; i < end && held < room; i++)
                    if (Unsafe.Add(ref first, i) > bound.ToScalar())
                        keys[held++] = LogitKey.Of(Unsafe.Add(ref first, i), i);
            }
        }
        LogitKey.SelectBest(keys[..held], count);
    }

    /// <summary>
    /// e^x for x at most 0, to about one unit in the last place; 0 below −87. With n the nearest integer to x/ln 2 and
    /// r = x − n·ln 2, it is 2^n·e^r, and e^r its Taylor polynomial of degree 7: |r| is at most 0.35, so the first term left
    /// out is below 6e-9.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        // ln 2 in two parts; the first has so few digits that its products with n are exact.
        const float Ln2High = 0.693145751953125f;
        const float Ln2Low = 1.4286068203094172e-6f;
        const float Lowest = -87f;
        Vector256<float> bounded = Vector256.MaxNative(x, Vector256.Create(Lowest));
        Vector256<float> n = Vector256.Round(bounded * Vector256.Create(1.4426950408889634f));
        Vector256<float> r = bounded - n * Vector256.Create(Ln2High) - n * Vector256.Create(Ln2Low);
        Vector256<float> y = Vector256.Create(1 / 5040f);
        y = y * r + Vector256.Create(1 / 720f);
        y = y * r + Vector256.Create(1 / 120f);
        y = y * r + Vector256.Create(1 / 24f);
        y = y * r + Vector256.Create(1 / 6f);
        y = y * r + Vector256.Create(1 / 2f);
        y = y * r + Vector256<float>.One;
        y = y * r + Vector256<float>.One;
        Vector256<int> exponent = Vector256.ConvertToInt32(n) + Vector256.Create(127);
        Vector256<float> result = y * Vector256.ShiftLeft(exponent, 23).AsSingle();
        return result & Vector256.GreaterThanOrEqual(x, Vector256.Create(Lowest));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargerOf(float a, float b) => b > a ? b : a;

    private static Vector256<float> LoadTail(ReadOnlySpan<float> logits)
    {
        Span<float> padded = stackalloc float[Vector256<float>.Count];
        padded.Fill(float.NegativeInfinity);
        logits.CopyTo(padded);
        return Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(padded));
    }

    private static double Total(Vector256<float> lanes)
    {
        // One after the other: how Vector256.Sum pairs them up is the machine's affair.
        double total = 0;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
            total += lanes[lane];
        return total;
    }
}
