using System;
using System.Linq;
using Llamalith.Training;

namespace Llamalith.Reference;

/// <summary>Some sequences of random tokens, of lengths that fall on no tile; some targets are masked.</summary>
public sealed record TrainingBatch(int[] Tokens, int[] Lengths, int[] Targets)
{
    /// <summary>One sequence of each length.</summary>
    public static TrainingBatch Random(int vocab, ulong seed, params int[] lengths)
    {
        var random = new SeededRandom(seed);
        int[] tokens = [.. Enumerable.Range(0, lengths.Sum()).Select(_ => random.Next(vocab))];
        int[] targets = new int[tokens.Length];
        TokenTargets.NextTokens(tokens, lengths, targets);
        for (int i = 0; i < targets.Length; i++)
        {
            if (random.Next(4) == 0)
                targets[i] = TokenTargets.None;
        }

        return new TrainingBatch(tokens, lengths, targets);
    }

    /// <summary>The mean over all targets of -ln p, by the reference.</summary>
    public double Loss(ReferenceModel model)
    {
        double sum = 0;
        int start = 0;
        foreach (int length in Lengths)
        {
            double[][] logits = model.Logits(Tokens.AsSpan(start, length));
            for (int i = 0; i < length; i++)
            {
                int target = Targets[start + i];
                if (target == TokenTargets.None)
                    continue;
                double max = logits[i].Max();
                sum -= logits[i][target] - max - Math.Log(logits[i].Sum(logit => Math.Exp(logit - max)));
            }

            start += length;
        }

        return sum / Targets.Count(static target => target != TokenTargets.None);
    }
}
