using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Llamalith.Sampling;

/// <summary>
/// A logit and its index as one integer, made so that the best comes first in rising order: the highest logit, and of
/// equals the lowest index. No two are equal, so that every order of them is defined.
/// </summary>
internal static class LogitKey
{
    /// <summary>The key of a logit that is not NaN.</summary>
    public static ulong Of(float logit, int index)
    {
        // Adding zero makes -0 equal to 0.
        uint bits = BitConverter.SingleToUInt32Bits(logit + 0f);
        uint rising = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return (ulong)~rising << 32 | (uint)index;
    }

    /// <summary>The index in a key.</summary>
    public static int Index(ulong key) => (int)(uint)key;

    /// <summary>The logit in a key.</summary>
    public static float Logit(ulong key)
    {
        uint rising = ~(uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((rising & 0x8000_0000) != 0 ? rising & 0x7FFF_FFFF : ~rising);
    }

    /// <summary>The worst of some keys.</summary>
    public static ulong Worst(ReadOnlySpan<ulong> keys)
    {
        ulong worst = 0;
        foreach (ulong key in keys)
            worst = Math.Max(worst, key);
        return worst;
    }

    /// <summary>Moves the so many best keys to the front, in no order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SelectBest(Span<ulong> keys, int count)
    {
        // Quickselect, with a limit: an unlucky series of pivots ends in sorting what is left.
        int roundsLeft = 2 * BitOperations.Log2((uint)keys.Length + 1);
        while (count > 0 && count < keys.Length)
        {
            if (keys.Length <= 16 || roundsLeft-- == 0)
            {
                keys.Sort();
                return;
            }
            int split = Partition(keys);
            if (count <= split)
            {
                keys = keys[..split];
            }
            else
            {
                keys = keys[split..];
                count -= split;
            }
        }
    }

    /// <summary>Splits the keys in two, none of them empty, so that all in the first are less than all in the second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Partition(Span<ulong> keys)
    {
        // The median of three is neither the least nor the greatest, so neither part comes out empty.
        int last = keys.Length - 1;
        ulong a = keys[0], b = keys[last / 2], c = keys[last];
        ulong pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
        int left = -1, right = keys.Length;
        while (true)
        {
            do
                left++;
            while (keys[left] < pivot);
            do
                right--;
            while (keys[right] > pivot);
            if (left >= right)
                return left;
            (keys[left], keys[right]) = (keys[right], keys[left]);
        }
    }
}
