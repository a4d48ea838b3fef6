using System;
using System.Runtime.CompilerServices;

namespace Llamalith.Sampling;

/// <summary>Finds what a draw falls upon.</summary>
internal static class WeightedDraw
{
    /// <summary>
    /// The first weight that, with all before it, is more than a draw. Sums round: should the draw fall behind them all, it is the last
    /// weight above zero that is taken; -1 where there is none.
    /// </summary>
    /// <param name="weights">Zero or more each.</param>
    /// <param name="left">The draw; what is left of it, below zero where it fell upon a weight.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Index(ReadOnlySpan<float> weights, ref double left)
    {
        int last = -1;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0)
                continue;
            last = i;
            left -= weights[i];
            if (left < 0)
                break;
        }
        return last;
    }
}
