using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;

namespace Llamalith.Sampling;

/// <summary>
/// All steps of choosing a token, in any order. The candidates are the whole vocabulary until a step leaves fewer; nothing is sorted but what lies where a
/// step cuts. Calls allocate nothing, but for DRY when a text has grown.
/// </summary>
internal sealed class SamplerChain
{
    private readonly SamplingOptions _options;
    private readonly SamplerKind[] _order;
    private readonly float[] _logits;
    private readonly float[] _weights;
    private readonly ulong[] _keys;
    private readonly int[] _seen;
    private readonly int[] _touched;
    private readonly Nucleus _nucleus = new();
    private readonly Repetitions _repetitions;
    private int _touchedCount;

    // Whether the candidates are all of _logits, or some keys; how many there are of them; and how many llama.cpp would count, to which what is at −∞
    // still belongs.
    private bool _isWhole;
    private int _count;
    private int _nominal;
    private float _max;
    private double _mu;

    public SamplerChain(SamplingOptions options, int vocabSize)
    {
        _options = options;
        _order = [.. options.Mirostat ? options.Order.Where(static kind => kind is SamplerKind.Penalties or SamplerKind.Dry or SamplerKind.Temperature) : options.Order];
        _logits = new float[vocabSize];
        _weights = new float[vocabSize];
        _keys = new ulong[vocabSize];
        _seen = new int[vocabSize];
        _touched = new int[vocabSize];
        _repetitions = new Repetitions(options, vocabSize);
        Restart();
    }

    private Span<ulong> Keys => _keys.AsSpan(0, _count);

    private Span<float> Weights => _weights.AsSpan(0, _count);

    /// <summary>Whether options ask for more than the short way of <see cref="Sampler"/> does.</summary>
    public static bool IsNeeded(SamplingOptions options) => options.FrequencyPenalty != 0 || options.PresencePenalty != 0 || options.LogitBias.Count > 0
        || options.DryMultiplier > 0 || options.TopNSigma > 0 || options.TypicalP < 1 || options.XtcProbability > 0 || options.DynamicTemperatureRange > 0
        || options.Mirostat || options.MinKeep > 1 || !options.Order.SequenceEqual(SamplerOrder.Default);

    public void Restart() => _mu = 2 * _options.MirostatTau;

    public int Sample(ReadOnlySpan<float> logits, ReadOnlySpan<int> recent, ref Xoshiro256 random)
    {
        Begin(logits);
        foreach (SamplerKind kind in _order)
            Apply(kind, recent, ref random);
        if (_max == float.NegativeInfinity)
            throw new ArgumentException("All logits are -Infinity: there is no token to choose.", nameof(logits));
        return _options.Mirostat ? DrawMirostat(ref random) : Draw(random.NextUnit());
    }

    /// <summary>Takes the logits, with their bias.</summary>
    internal void Begin(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(_logits);
        foreach (KeyValuePair<int, float> bias in _options.LogitBias)
        {
            if (bias.Key >= _logits.Length)
                throw new ArgumentOutOfRangeException(nameof(logits), bias.Key, $"LogitBias names token {bias.Key}, but the vocabulary has {_logits.Length} tokens.");
            _logits[bias.Key] += bias.Value;
        }
        _isWhole = true;
        _count = _nominal = _logits.Length;
        _max = LogitMath.Max(_logits, out _);
    }

    /// <summary>One step.</summary>
    internal void Apply(SamplerKind kind, ReadOnlySpan<int> recent, ref Xoshiro256 random)
    {
        switch (kind)
        {
            case SamplerKind.Penalties:
                Penalize(Sampler.Window(recent, _options.RepetitionWindow));
                break;
            case SamplerKind.Dry:
                if (_options.DryMultiplier > 0)
                    PenalizeRepetitions(recent);
                break;
            case SamplerKind.TopNSigma:
                if (_options.TopNSigma > 0)
                    KeepSigma();
                break;
            case SamplerKind.TopK:
                if (_options.TopK > 0)
                    KeepBest(_options.TopK);
                break;
            case SamplerKind.TypicalP:
                if (_options.TypicalP < 1)
                    KeepTypical();
                break;
            case SamplerKind.TopP:
                if (_options.TopP < 1)
                    KeepNucleus();
                break;
            case SamplerKind.MinP:
                if (_options.MinP > 0)
                    KeepLikely();
                break;
            case SamplerKind.Xtc:
                if (_options.XtcProbability > 0)
                    ExcludeTop(ref random);
                break;
            default:
                Heat();
                break;
        }
    }

    /// <summary>The candidates and their logits, those at −∞ left out.</summary>
    internal IEnumerable<KeyValuePair<int, float>> Left()
    {
        for (int i = 0; i < _count; i++)
        {
            (int token, float logit) = _isWhole ? (i, _logits[i]) : (LogitKey.Index(_keys[i]), LogitKey.Logit(_keys[i]));
            if (logit > float.NegativeInfinity)
                yield return new(token, logit);
        }
    }

    private void Penalize(ReadOnlySpan<int> recent)
    {
        if (_options.RepetitionPenalty == 1 && _options.FrequencyPenalty == 0 && _options.PresencePenalty == 0)
            return;
        foreach (int token in recent)
        {
            RequireToken(token);
            if (_seen[token]++ == 0)
                _touched[_touchedCount++] = token;
        }
        if (_isWhole)
        {
            foreach (int token in _touched.AsSpan(0, _touchedCount))
                _logits[token] = Penalized(_logits[token], _seen[token]);
        }
        else
        {
            foreach (ref ulong key in Keys)
                if (_seen[LogitKey.Index(key)] is > 0 and var times)
                    key = LogitKey.Of(Penalized(LogitKey.Logit(key), times), LogitKey.Index(key));
        }
        Forget();
        FindMax();
    }

    private float Penalized(float logit, int times)
    {
        logit = logit > 0 ? logit / _options.RepetitionPenalty : logit * _options.RepetitionPenalty;
        return logit - (times * _options.FrequencyPenalty + _options.PresencePenalty);
    }

    private void PenalizeRepetitions(ReadOnlySpan<int> recent)
    {
        foreach (int token in Sampler.Window(recent, _options.DryWindow))
            RequireToken(token);
        ReadOnlySpan<(int Token, float Penalty)> penalties = _repetitions.Find(Sampler.Window(recent, _options.DryWindow));
        if (penalties.IsEmpty)
            return;
        foreach ((int token, float penalty) in penalties)
        {
            if (_isWhole)
            {
                _logits[token] -= penalty;
                continue;
            }
            foreach (ref ulong key in Keys)
                if (LogitKey.Index(key) == token)
                    key = LogitKey.Of(LogitKey.Logit(key) - penalty, token);
        }
        FindMax();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void KeepSigma()
    {
        double sum = 0, squares = 0;
        int count = 0;
        for (int i = 0; i < _count; i++)
        {
            float logit = _isWhole ? _logits[i] : LogitKey.Logit(_keys[i]);
            if (logit == float.NegativeInfinity)
                continue;
            sum += logit;
            count++;
        }
        double mean = count > 0 ? sum / count : 0;
        for (int i = 0; i < _count; i++)
        {
            float logit = _isWhole ? _logits[i] : LogitKey.Logit(_keys[i]);
            if (logit > float.NegativeInfinity)
                squares += (logit - mean) * (logit - mean);
        }
        double deviation = count > 0 ? Math.Sqrt(squares / count) : 0;
        KeepAbove((float)(_max - _options.TopNSigma * deviation));
    }

    private void KeepBest(int count)
    {
        _nominal = Math.Min(_nominal, count);
        if (count >= _count)
            return;
        if (_isWhole)
            LogitMath.CollectLargest(_logits, count, _keys);
        else
            LogitKey.SelectBest(Keys, count);
        _isWhole = false;
        _count = count;
    }

    /// <summary>Keeps what has at least some logit.</summary>
    private void KeepAbove(float logit)
    {
        if (_isWhole)
        {
            _count = LogitMath.CollectAtLeast(_logits, logit, _keys);
            _isWhole = false;
            return;
        }
        int kept = 0;
        for (int i = 0; i < _count; i++)
            if (LogitKey.Logit(_keys[i]) >= logit)
                _keys[kept++] = _keys[i];
        _count = kept;
    }

    private void KeepTypical()
    {
        double total = Weigh();
        double logTotal = Math.Log(total), entropy = 0;
        for (int i = 0; i < _count; i++)
        {
            // −ln p = max − logit + ln total
            if (_weights[i] > 0)
                entropy += _weights[i] / total * (_max - LogitKey.Logit(_keys[i]) + logTotal);
        }
        int possible = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_weights[i] > 0)
                (_keys[possible], _weights[possible++]) = (_keys[i], _weights[i]);
        }
        _count = possible;
        Select(total, entropy, logTotal);
        _nominal = _count;
        FindMax();
    }

    /// <summary>Moves the candidates nearest to the expected surprise to the front, until they have the probability that is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Select(double total, double entropy, double logTotal)
    {
        double needed = _options.TypicalP * total, sum = 0;
        int start = 0, end = _count;
        while (end - start > 1)
        {
            // Split by a pivot; if the nearer part is enough, go on within it, else take all of it.
            float pivot = Distance((start + end) / 2);
            int nearer = start, equal = start;
            double nearerSum = 0;
            for (int i = start; i < end; i++)
            {
                float distance = Distance(i);
                if (distance < pivot)
                {
                    nearerSum += _weights[i];
                    Swap(i, equal);
                    Swap(equal++, nearer++);
                }
                else if (distance == pivot)
                {
                    Swap(i, equal++);
                }
            }
            if (nearer > start && sum + nearerSum > needed && nearer >= _options.MinKeep)
            {
                end = nearer;
                continue;
            }
            sum += nearerSum;
            start = nearer;
            for (; start < equal; start++)
            {
                sum += _weights[start];
                if (sum > needed && start + 1 >= _options.MinKeep)
                {
                    _count = start + 1;
                    return;
                }
            }
        }
        _count = Math.Max(1, end);

        float Distance(int i) => (float)Math.Abs(_max - LogitKey.Logit(_keys[i]) + logTotal - entropy);

        void Swap(int i, int j)
        {
            (_keys[i], _keys[j]) = (_keys[j], _keys[i]);
            (_weights[i], _weights[j]) = (_weights[j], _weights[i]);
        }
    }

    private void KeepNucleus()
    {
        int least = Math.Min(_options.MinKeep, _count);
        double total = Weigh();
        int count = _nucleus.Count(Keys, Weights, _options.TopP * total, _max);
        if (count < least)
            LogitKey.SelectBest(Keys, count = least);
        _count = _nominal = count;
    }

    private void KeepLikely()
    {
        int least = Math.Min(_options.MinKeep, _count);
        if (least > 1)
        {
            MakeKeys();
            float bound = _max + MathF.Log(_options.MinP);
            int above = 0;
            foreach (ulong key in Keys)
                above += LogitKey.Logit(key) >= bound ? 1 : 0;
            if (above < least)
            {
                LogitKey.SelectBest(Keys, least);
                _count = _nominal = least;
                return;
            }
        }
        KeepAbove(_max + MathF.Log(_options.MinP));
        _nominal = _count;
    }

    private void ExcludeTop(ref Xoshiro256 random)
    {
        // A draw for each token, taken or not, so that a seed gives the same texts at whatever threshold.
        if (random.NextUnit() >= _options.XtcProbability || _options.XtcThreshold > 0.5f || _nominal < 2)
            return;
        double total = Weigh();
        ulong last = 0;
        int above = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_weights[i] / total < _options.XtcThreshold)
                continue;
            last = Math.Max(last, _keys[i]);
            above++;
        }
        if (above < 2 || _nominal - above + 1 < _options.MinKeep)
            return;
        int kept = 0;
        for (int i = 0; i < _count; i++)
            if (_keys[i] >= last)
                _keys[kept++] = _keys[i];
        _count = kept;
        _nominal -= above - 1;
        FindMax();
    }

    private void Heat()
    {
        float temperature = _options.Temperature;
        if (_options.DynamicTemperatureRange > 0)
        {
            if (_nominal <= 1)
                return;
            double total = Weigh(), logTotal = Math.Log(total), entropy = 0;
            for (int i = 0; i < _count; i++)
            {
                if (_weights[i] > 0)
                    entropy += _weights[i] / total * (_max - LogitKey.Logit(_keys[i]) + logTotal);
            }
            double relative = Math.Clamp(entropy / Math.Log(_nominal), 0, 1);
            float least = Math.Max(0, temperature - _options.DynamicTemperatureRange), most = temperature + _options.DynamicTemperatureRange;
            temperature = least + (most - least) * (float)Math.Pow(relative, _options.DynamicTemperatureExponent);
        }
        if (temperature == 1)
            return;
        if (temperature <= 0)
        {
            KeepBest(1);
            return;
        }
        if (_isWhole)
        {
            foreach (ref float logit in _logits.AsSpan())
                logit /= temperature;
        }
        else
        {
            foreach (ref ulong key in Keys)
                key = LogitKey.Of(LogitKey.Logit(key) / temperature, LogitKey.Index(key));
        }
        _max /= temperature;
        // So cold that only the best is left.
        if (!float.IsFinite(_max))
            FindMax();
    }

    private int DrawMirostat(ref Xoshiro256 random)
    {
        double total = Weigh(), logTotal = Math.Log(total);

        // The logit below which a token would surprise by more than mu.
        double least = _max + logTotal - _mu * Math.Log(2);
        if (least > _max)
            KeepBest(1);
        else
            KeepAbove((float)least);
        if (_count == 0)
            throw new InvalidOperationException("Mirostat left no token.");
        total = Weigh();
        int token = DrawByWeight(random.NextUnit() * total, out float weight);
        double surprise = -Math.Log2(weight / total);
        _mu -= _options.MirostatEta * (surprise - _options.MirostatTau);
        return token;
    }

    private int Draw(double draw)
    {
        if (_options.Temperature == 0 && !_order.Contains(SamplerKind.Temperature))
            KeepBest(1);
        return DrawByWeight(draw * Weigh(), out _);
    }

    private int DrawByWeight(double left, out float weight)
    {
        int last = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_weights[i] == 0)
                continue;
            last = i;
            left -= _weights[i];
            if (left < 0)
                break;
        }
        weight = _weights[last];
        return LogitKey.Index(_keys[last]);
    }

    /// <summary>Makes keys of all candidates that have any probability, and weights of their logits; returns their sum.</summary>
    private double Weigh()
    {
        MakeKeys();
        return Nucleus.Weigh(Keys, Weights, _max, 1);
    }

    private void MakeKeys()
    {
        if (!_isWhole)
            return;
        _count = LogitMath.CollectAtLeast(_logits, float.MinValue, _keys);
        _isWhole = false;
    }

    private void FindMax()
    {
        if (_isWhole)
        {
            _max = LogitMath.Max(_logits, out _);
            return;
        }
        ulong best = ulong.MaxValue;
        foreach (ulong key in Keys)
            best = Math.Min(best, key);
        _max = _count > 0 ? LogitKey.Logit(best) : float.NegativeInfinity;
    }

    private void Forget()
    {
        foreach (int token in _touched.AsSpan(0, _touchedCount))
            _seen[token] = 0;
        _touchedCount = 0;
    }

    private void RequireToken(int token)
    {
        if ((uint)token < (uint)_logits.Length)
            return;
        Forget();
        throw new ArgumentOutOfRangeException(nameof(token), token, $"The vocabulary has {_logits.Length} tokens.");
    }
}
