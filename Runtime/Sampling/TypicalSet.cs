using System;
using System.Runtime.CompilerServices;

namespace Llamalith.Sampling;

/// <summary>Keeps the candidates whose surprise is nearest to the expected one (locally typical sampling).</summary>
internal static class TypicalSet
{
    /// <summary>Keeps those that together have some probability.</summary>
    /// <param name="candidates">All of them.</param>
    /// <param name="probability">How much, below 1.</param>
    /// <param name="least">How many are kept at least.</param>
    public static void Keep(Candidates candidates, float probability, int least)
    {
        double total = candidates.Weigh(), entropy = candidates.Entropy(total);
        Span<ulong> keys = candidates.Keys;
        Span<float> weights = candidates.Weights;
        int possible = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            if (weights[i] > 0)
                (keys[possible], weights[possible++]) = (keys[i], weights[i]);
        }
        Expectation expected = new(candidates.Max, Math.Log(total), entropy);
        int count = Select(keys[..possible], weights, expected, probability * total, least);
        candidates.KeepFront(count, count);
        candidates.FindMax();
    }

    /// <summary>
    /// Moves the keys nearest to what is expected to the front, until their weights reach a sum; returns how many it takes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Select(Span<ulong> keys, Span<float> weights, Expectation expected, double needed, int least)
    {
        double sum = 0;
        int start = 0, end = keys.Length;
        while (end - start > 1)
        {
            // Split by a pivot; if the nearer part is enough, go on within it, else take all of it.
            float pivot = expected.Distance(keys[(start + end) / 2]);
            int nearer = start, equal = start;
            double nearerSum = 0;
            for (int i = start; i < end; i++)
            {
                float distance = expected.Distance(keys[i]);
                if (distance < pivot)
                {
                    nearerSum += weights[i];
                    Swap(keys, weights, i, equal);
                    Swap(keys, weights, equal++, nearer++);
                }
                else if (distance == pivot)
                {
                    Swap(keys, weights, i, equal++);
                }
            }
            if (nearer > start && sum + nearerSum > needed && nearer >= least)
            {
                end = nearer;
                continue;
            }
            sum += nearerSum;
            start = nearer;
            for (; start < equal; start++)
            {
                sum += weights[start];
                if (sum > needed && start + 1 >= least)
                    return start + 1;
            }
        }
        return Math.Max(1, end);
    }

    private static void Swap(Span<ulong> keys, Span<float> weights, int i, int j)
    {
        (keys[i], keys[j]) = (keys[j], keys[i]);
        (weights[i], weights[j]) = (weights[j], weights[i]);
    }

    private readonly record struct Expectation(float Max, double LogTotal, double Entropy)
    {
        /// <summary>How far a key's surprise, −ln p, is from the entropy.</summary>
        public float Distance(ulong key) => (float)Math.Abs(Max - LogitKey.Logit(key) + LogTotal - Entropy);
    }
}
