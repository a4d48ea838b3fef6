using System;
using Llamalith.Sampling;

namespace Llamalith.Generation;

/// <summary>The probabilities of a token that was chosen and of the likeliest ones, over and over in the same array.</summary>
internal sealed class LogProbs(int top)
{
    private readonly TokenLogProb[] _found = new TokenLogProb[1 + top];
    private int _count;

    /// <summary>The chosen token, then the likeliest, the first one first.</summary>
    public ReadOnlySpan<TokenLogProb> Found => _found.AsSpan(0, _count);

    /// <summary>Reads them from the logits that a token was chosen from.</summary>
    public void Read(ReadOnlySpan<float> logits, int chosen)
    {
        float max = LogitMath.Max(logits, out _);
        double all = max + Math.Log(LogitMath.SumOfWeights(logits, max));
        _found[0] = new TokenLogProb(chosen, (float)(logits[chosen] - all));
        _count = 1;
        for (int token = 0; token < logits.Length && top > 0; token++)
        {
            float logProb = (float)(logits[token] - all);
            if (_count > top && !(logProb > _found[top].LogProb))
                continue;
            int at = _count > top ? top : _count++;
            for (; at > 1 && logProb > _found[at - 1].LogProb; at--)
                _found[at] = _found[at - 1];
            _found[at] = new TokenLogProb(token, logProb);
        }
    }
}
