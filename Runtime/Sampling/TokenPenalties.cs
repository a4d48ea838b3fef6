using System;

namespace Llamalith.Sampling;

/// <summary>What tokens lose for having been said: each, and as what would go on with a repetition.</summary>
internal sealed class TokenPenalties(SamplingOptions options, int vocabSize)
{
    private readonly int[] _seen = new int[vocabSize];
    private readonly int[] _touched = new int[vocabSize];
    private readonly Repetitions _repetitions = new(options, vocabSize);
    private int _touchedCount;

    /// <summary>A logit under the penalty of its token having been seen.</summary>
    public static float Repeated(float logit, float penalty) => logit > 0 ? logit / penalty : logit * penalty;

    /// <summary>Penalizes the last tokens: once, and for each time.</summary>
    public void Apply(Candidates candidates, ReadOnlySpan<int> recent)
    {
        if (options.RepetitionPenalty == 1 && options.FrequencyPenalty == 0 && options.PresencePenalty == 0)
            return;
        recent = Sampler.Window(recent, options.RepetitionWindow);
        Sampler.RequireTokens(recent, _seen.Length);
        foreach (int token in recent)
        {
            if (_seen[token]++ == 0)
                _touched[_touchedCount++] = token;
        }
        if (candidates.IsWhole)
        {
            foreach (int token in _touched.AsSpan(0, _touchedCount))
                candidates.Logits[token] = Penalized(candidates.Logits[token], _seen[token]);
        }
        else
        {
            foreach (ref ulong key in candidates.Keys)
                if (_seen[LogitKey.Index(key)] is > 0 and var times)
                    key = LogitKey.Of(Penalized(LogitKey.Logit(key), times), LogitKey.Index(key));
        }
        foreach (int token in _touched.AsSpan(0, _touchedCount))
            _seen[token] = 0;
        _touchedCount = 0;
        candidates.FindMax();
    }

    /// <summary>Penalizes the tokens that would go on with a repetition (DRY).</summary>
    public void ApplyDry(Candidates candidates, ReadOnlySpan<int> recent)
    {
        recent = Sampler.Window(recent, options.DryWindow);
        Sampler.RequireTokens(recent, _seen.Length);
        ReadOnlySpan<(int Token, float Penalty)> penalties = _repetitions.Find(recent);
        if (penalties.IsEmpty)
            return;
        foreach ((int token, float penalty) in penalties)
        {
            if (candidates.IsWhole)
            {
                candidates.Logits[token] -= penalty;
                continue;
            }
            foreach (ref ulong key in candidates.Keys)
                if (LogitKey.Index(key) == token)
                    key = LogitKey.Of(LogitKey.Logit(key) - penalty, token);
        }
        candidates.FindMax();
    }

    private float Penalized(float logit, int times) =>
        Repeated(logit, options.RepetitionPenalty) - (times * options.FrequencyPenalty + options.PresencePenalty);
}
