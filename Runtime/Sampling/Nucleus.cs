using System;
using System.Runtime.CompilerServices;

namespace Llamalith.Sampling;

/// <summary>Finds the nucleus: the likeliest tokens that together reach some probability.</summary>
internal sealed class Nucleus
{
    // Into so many strips of equal width the logits are sorted when the nucleus is looked for.
    private const int Strips = 256;

    private readonly Strip[] _strips = new Strip[Strips];

    /// <summary>
    /// Moves the best keys to the front until their weights reach a sum; returns how many it takes. Only the strip where the
    /// sum is reached needs sorting. The weights are worthless afterwards.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Count(Span<ulong> keys, Span<float> weights, double needed, float max)
    {
        // Below max − 100 a weight is zero, so where −∞ is among the candidates the strips are still of use.
        float least = Math.Max(LogitKey.Logit(LogitKey.Worst(keys)), max - 100);
        float stripsPerUnit = least < max ? Strips / (max - least) : 0;
        Span<Strip> strips = _strips;
        strips.Fill(new Strip { Best = ulong.MaxValue });
        for (int i = 0; i < keys.Length; i++)
        {
            float distance = (max - LogitKey.Logit(keys[i])) * stripsPerUnit;
            ref Strip strip = ref strips[distance < Strips - 1 ? (int)distance : Strips - 1];
            strip.Sum += weights[i];
            strip.Best = Math.Min(strip.Best, keys[i]);
            strip.Worst = Math.Max(strip.Worst, keys[i]);
        }

        int boundary = 0;
        double sum = 0;
        while (boundary < Strips - 1 && sum + strips[boundary].Sum < needed)
            sum += strips[boundary++].Sum;
        int above = MoveToFront(keys, strips[boundary].Best);
        Span<ulong> rest = keys[above..];
        rest = rest[..MoveToFront(rest, strips[boundary].Worst + 1)];
        rest.Sort();
        Weigh(rest, weights[..rest.Length], max, 1);
        int taken = 0;
        while (taken < rest.Length && (sum < needed || above + taken == 0))
            sum += weights[taken++];
        return above + taken;
    }

    /// <summary>Moves the keys below a bound to the front and returns their number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int MoveToFront(Span<ulong> keys, ulong bound)
    {
        int count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            ulong key = keys[i];
            if (key >= bound)
                continue;
            keys[i] = keys[count];
            keys[count++] = key;
        }
        return count;
    }

    /// <summary>weights[i] = e^((logit − max) / temperature) for the logits in some keys; returns their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Weigh(ReadOnlySpan<ulong> keys, Span<float> weights, float max, float temperature)
    {
        for (int i = 0; i < keys.Length; i++)
            weights[i] = LogitKey.Logit(keys[i]);
        return LogitMath.Weigh(weights, weights, max, temperature, []);
    }

    /// <summary>The candidates whose logits lie within one strip.</summary>
    private struct Strip
    {
        /// <summary>Of their weights.</summary>
        public double Sum;

        /// <summary>The least of their keys.</summary>
        public ulong Best;

        /// <summary>The greatest of their keys.</summary>
        public ulong Worst;
    }
}
