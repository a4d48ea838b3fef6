using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Llamalith.Sampling;

namespace Llamalith.Training;

/// <summary>The softmax over one token's logits, and its derivative.</summary>
internal static class TokenSoftmax
{
    /// <summary>ln of the probability of one token.</summary>
    public static double LogProbability(ReadOnlySpan<float> logits, int target)
    {
        float max = LogitMath.Max(logits, out bool hasNaN);
        return hasNaN ? double.NaN : logits[target] - max - Math.Log(LogitMath.SumOfWeights(logits, max));
    }

    /// <summary>
    /// Replaces logits by <paramref name="scale"/> times the gradient of -ln p[target] by them: scale · (p - 1[target]). A scale that
    /// depends on ln p is asked for once that is known.
    /// </summary>
    /// <returns>ln p[target].</returns>
    public static double Differentiate(Span<float> logits, int target, Func<double, float> scale)
    {
        float max = LogitMath.Max(logits, out bool hasNaN);
        if (hasNaN)
        {
            logits.Fill(float.NaN);
            return double.NaN;
        }

        double own = logits[target] - (double)max;
        double sum = LogitMath.Weigh(logits, logits, max, 1, []);
        double logProbability = own - Math.Log(sum);
        float factor = scale(logProbability);
        Multiply(logits, (float)(factor / sum));
        logits[target] -= factor;
        return logProbability;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(Span<float> values, float factor)
    {
        ref float first = ref MemoryMarshal.GetReference(values);
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            (Vector.LoadUnsafe(ref first, (nuint)i) * factor).StoreUnsafe(ref first, (nuint)i);
        for (; i < values.Length; i++)
            values[i] *= factor;
    }
}
