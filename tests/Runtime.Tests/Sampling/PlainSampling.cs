using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Sampling;

namespace Llamalith.Tests.Sampling;

/// <summary>What the options mean, plainly: sort everything, filter by filter, in double precision.</summary>
internal static class PlainSampling
{
    /// <summary>The probability of each token; 0 where it is filtered out. Finite logits or −∞.</summary>
    public static double[] Distribution(SamplingOptions options, float[] logits)
    {
        List<int> order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ThenBy(i => i)];
        if (options.TopK > 0)
            order = [.. order.Take(options.TopK)];
        double[] p = Softmax(order, 1);
        int nucleus = 0;
        for (double sum = 0; nucleus < order.Count && (nucleus == 0 || sum < options.TopP); nucleus++)
            sum += p[nucleus];
        if (options.TopP < 1)
            order = [.. order.Take(nucleus)];
        order = [.. order.Where((_, i) => p[i] >= options.MinP * p[0])];
        double[] result = new double[logits.Length];
        double[] final = Softmax(order, options.Temperature);
        for (int i = 0; i < order.Count; i++)
            result[order[i]] = final[i];
        return result;

        double[] Softmax(List<int> tokens, double temperature)
        {
            double[] weights = [.. tokens.Select(t => Math.Exp((logits[t] - (double)logits[tokens[0]]) / temperature))];
            double total = weights.Sum();
            return [.. weights.Select(w => w / total)];
        }
    }
}
