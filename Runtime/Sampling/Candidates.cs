using System;
using System.Collections.Generic;

namespace Llamalith.Sampling;

/// <summary>
/// The tokens that may still be chosen, and their logits: the whole vocabulary in its order, until a step leaves fewer of it; from then on
/// keys in no order. Nothing is sorted but what lies where a step cuts.
/// </summary>
internal sealed class Candidates(int vocabSize)
{
    private readonly float[] _logits = new float[vocabSize];
    private readonly float[] _weights = new float[vocabSize];
    private readonly ulong[] _keys = new ulong[vocabSize];

    /// <summary>Whether they are all of <see cref="Logits"/>, or some <see cref="Keys"/>.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many llama.cpp would count, to which what is at −∞ still belongs.</summary>
    public int Nominal { get; private set; }

    /// <summary>The highest of the logits.</summary>
    public float Max { get; private set; }

    /// <summary>The whole vocabulary's logits, while it is whole.</summary>
    public Span<float> Logits => _logits;

    public Span<ulong> Keys => _keys.AsSpan(0, Count);

    /// <summary>One for each key, from <see cref="Weigh"/> on.</summary>
    public Span<float> Weights => _weights.AsSpan(0, Count);

    /// <summary>The candidates and their logits, those at −∞ left out.</summary>
    public IEnumerable<KeyValuePair<int, float>> Left()
    {
        for (int i = 0; i < Count; i++)
        {
            (int token, float logit) = IsWhole ? (i, _logits[i]) : (LogitKey.Index(_keys[i]), LogitKey.Logit(_keys[i]));
            if (logit > float.NegativeInfinity)
                yield return new(token, logit);
        }
    }

    /// <summary>Takes the logits of a vocabulary, and adds to some.</summary>
    public void Begin(ReadOnlySpan<float> logits, ReadOnlySpan<KeyValuePair<int, float>> biases)
    {
        logits.CopyTo(_logits);
        foreach ((int token, float bias) in biases)
        {
            if (token >= _logits.Length)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(logits), token, $"LogitBias names token {token}, but the vocabulary has {_logits.Length} tokens.");
            }

            _logits[token] += bias;
        }
        IsWhole = true;
        Count = Nominal = _logits.Length;
        FindMax();
    }

    /// <summary>The logit of a candidate by its place.</summary>
    public float LogitAt(int place) => IsWhole ? _logits[place] : LogitKey.Logit(_keys[place]);

    /// <summary>Keeps so many of the best.</summary>
    public void KeepBest(int count)
    {
        Nominal = Math.Min(Nominal, count);
        if (count >= Count)
            return;
        if (IsWhole)
            LogitMath.CollectLargest(_logits, count, _keys);
        else
            LogitKey.SelectBest(Keys, count);
        IsWhole = false;
        Count = count;
    }

    /// <summary>Keeps what has at least some logit.</summary>
    public void KeepAbove(float logit)
    {
        if (IsWhole)
        {
            Count = LogitMath.CollectAtLeast(_logits, logit, _keys);
            IsWhole = false;
            return;
        }
        int kept = 0;
        for (int i = 0; i < Count; i++)
            if (LogitKey.Logit(_keys[i]) >= logit)
                _keys[kept++] = _keys[i];
        Count = kept;
    }

    /// <summary>Keeps the keys that a step has moved to the front.</summary>
    /// <param name="count">How many.</param>
    /// <param name="nominal">How many they are to count as.</param>
    public void KeepFront(int count, int nominal)
    {
        Count = count;
        Nominal = nominal;
    }

    /// <summary>Makes keys of all candidates that have any probability, and weights of their logits; returns their sum.</summary>
    public double Weigh()
    {
        MakeKeys();
        return Nucleus.Weigh(Keys, Weights, Max, 1);
    }

    /// <summary>The expected surprise, after <see cref="Weigh"/>.</summary>
    /// <param name="total">What that returned.</param>
    public double Entropy(double total)
    {
        double logTotal = Math.Log(total), entropy = 0;
        for (int i = 0; i < Count; i++)
        {
            // −ln p = max − logit + ln total
            if (_weights[i] > 0)
                entropy += _weights[i] / total * (Max - LogitKey.Logit(_keys[i]) + logTotal);
        }
        return entropy;
    }

    /// <summary>The token that a draw from all of the weights falls upon, after <see cref="Weigh"/>.</summary>
    public int Draw(double draw, out float weight)
    {
        int last = Math.Max(0, WeightedDraw.Index(Weights, ref draw));
        weight = _weights[last];
        return LogitKey.Index(_keys[last]);
    }

    /// <summary>Makes keys of all candidates that have any probability.</summary>
    public void MakeKeys()
    {
        if (IsWhole)
            KeepAbove(float.MinValue);
    }

    /// <summary>Divides all logits.</summary>
    public void Divide(float temperature)
    {
        if (IsWhole)
        {
            foreach (ref float logit in Logits)
                logit /= temperature;
        }
        else
        {
            foreach (ref ulong key in Keys)
                key = LogitKey.Of(LogitKey.Logit(key) / temperature, LogitKey.Index(key));
        }
        Max /= temperature;

        // So cold that only the best is left.
        if (!float.IsFinite(Max))
            FindMax();
    }

    /// <summary>Finds the highest of the logits again, after they have changed.</summary>
    public void FindMax()
    {
        if (IsWhole)
        {
            Max = LogitMath.Max(_logits, out _);
            return;
        }
        ulong best = ulong.MaxValue;
        foreach (ulong key in Keys)
            best = Math.Min(best, key);
        Max = Count > 0 ? LogitKey.Logit(best) : float.NegativeInfinity;
    }
}
