using System;

namespace Llamalith.Sampling;

/// <summary>Draws tokens so that their surprise stays near a target (Mirostat, version 2): a conversation's state.</summary>
internal sealed class Mirostat(SamplingOptions options)
{
    // The greatest surprise, in bits, that a token may be.
    private double _mu;

    public void Restart() => _mu = 2 * options.MirostatTau;

    public int Draw(Candidates candidates, ref Xoshiro256 random)
    {
        // The logit below which a token would surprise by more than mu.
        double least = candidates.Max + Math.Log(candidates.Weigh()) - _mu * Math.Log(2);
        if (least > candidates.Max)
            candidates.KeepBest(1);
        else
            candidates.KeepAbove((float)least);
        if (candidates.Count == 0)
            throw new InvalidOperationException("Mirostat left no token.");
        double total = candidates.Weigh();
        int token = candidates.Draw(random.NextUnit() * total, out float weight);
        double surprise = -Math.Log2(weight / total);
        _mu -= options.MirostatEta * (surprise - options.MirostatTau);
        return token;
    }
}
