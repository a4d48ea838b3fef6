using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;

namespace Llamalith.Sampling;

/// <summary>All steps of choosing a token, in any order. Calls allocate nothing, but for DRY when a text has grown.</summary>
internal sealed class SamplerChain
{
    private readonly SamplingOptions _options;
    private readonly SamplerKind[] _order;
    private readonly KeyValuePair<int, float>[] _biases;
    private readonly Candidates _candidates;
    private readonly TokenPenalties _penalties;
    private readonly Nucleus _nucleus = new();
    private readonly Mirostat? _mirostat;

    public SamplerChain(SamplingOptions options, int vocabSize)
    {
        _options = options;
        _order =
        [
            .. options.Order.Where(
                kind => !options.Mirostat || kind is SamplerKind.Penalties or SamplerKind.Dry or SamplerKind.Temperature),
        ];
        _biases = [.. options.LogitBias];
        _candidates = new Candidates(vocabSize);
        _penalties = new TokenPenalties(options, vocabSize);
        _mirostat = options.Mirostat ? new Mirostat(options) : null;
        Restart();
    }

    /// <summary>Whether options ask for more than the short way of <see cref="Sampler"/> does.</summary>
    public static bool IsNeeded(SamplingOptions options) => options.FrequencyPenalty != 0 || options.PresencePenalty != 0
        || options.LogitBias.Count > 0 || options.DryMultiplier > 0 || options.TopNSigma > 0 || options.TypicalP < 1
        || options.XtcProbability > 0 || options.DynamicTemperatureRange > 0 || options.Mirostat || options.MinKeep > 1
        || !options.Order.SequenceEqual(SamplerOrder.Default);

    public void Restart() => _mirostat?.Restart();

    public int Sample(ReadOnlySpan<float> logits, ReadOnlySpan<int> recent, ref Xoshiro256 random)
    {
        Begin(logits);
        foreach (SamplerKind kind in _order)
            Apply(kind, recent, ref random);
        if (_candidates.Max == float.NegativeInfinity)
            throw new ArgumentException("All logits are -Infinity: there is no token to choose.", nameof(logits));
        if (_mirostat is not null)
            return _mirostat.Draw(_candidates, ref random);
        double draw = random.NextUnit();
        if (_options.Temperature == 0 && !_order.Contains(SamplerKind.Temperature))
            _candidates.KeepBest(1);
        return _candidates.Draw(draw * _candidates.Weigh(), out _);
    }

    /// <summary>Takes the logits, with their bias.</summary>
    internal void Begin(ReadOnlySpan<float> logits) => _candidates.Begin(logits, _biases);

    /// <summary>The candidates and their logits, those at −∞ left out.</summary>
    internal IEnumerable<KeyValuePair<int, float>> Left() => _candidates.Left();

    /// <summary>One step.</summary>
    internal void Apply(SamplerKind kind, ReadOnlySpan<int> recent, ref Xoshiro256 random)
    {
        switch (kind)
        {
            case SamplerKind.Penalties:
                _penalties.Apply(_candidates, recent);
                break;
            case SamplerKind.Dry:
                if (_options.DryMultiplier > 0)
                    _penalties.ApplyDry(_candidates, recent);
                break;
            case SamplerKind.TopNSigma:
                if (_options.TopNSigma > 0)
                    KeepSigma();
                break;
            case SamplerKind.TopK:
                if (_options.TopK > 0)
                    _candidates.KeepBest(_options.TopK);
                break;
            case SamplerKind.TypicalP:
                if (_options.TypicalP < 1)
                    TypicalSet.Keep(_candidates, _options.TypicalP, _options.MinKeep);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void KeepSigma()
    {
        double sum = 0, squares = 0;
        int count = 0;
        for (int i = 0; i < _candidates.Count; i++)
        {
            float logit = _candidates.LogitAt(i);
            if (logit == float.NegativeInfinity)
                continue;
            sum += logit;
            count++;
        }
        double mean = count > 0 ? sum / count : 0;
        for (int i = 0; i < _candidates.Count; i++)
        {
            float logit = _candidates.LogitAt(i);
            if (logit > float.NegativeInfinity)
                squares += (logit - mean) * (logit - mean);
        }
        double deviation = count > 0 ? Math.Sqrt(squares / count) : 0;
        _candidates.KeepAbove((float)(_candidates.Max - _options.TopNSigma * deviation));
    }

    private void KeepNucleus()
    {
        int least = Math.Min(_options.MinKeep, _candidates.Count);
        double total = _candidates.Weigh();
        int count = _nucleus.Count(_candidates.Keys, _candidates.Weights, _options.TopP * total, _candidates.Max);
        if (count < least)
            LogitKey.SelectBest(_candidates.Keys, count = least);
        _candidates.KeepFront(count, count);
    }

    private void KeepLikely()
    {
        int least = Math.Min(_options.MinKeep, _candidates.Count);
        float bound = _candidates.Max + MathF.Log(_options.MinP);
        if (least > 1)
        {
            _candidates.MakeKeys();
            int above = 0;
            foreach (ulong key in _candidates.Keys)
                above += LogitKey.Logit(key) >= bound ? 1 : 0;
            if (above < least)
            {
                LogitKey.SelectBest(_candidates.Keys, least);
                _candidates.KeepFront(least, least);
                return;
            }
        }
        _candidates.KeepAbove(bound);
        _candidates.KeepFront(_candidates.Count, _candidates.Count);
    }

    private void ExcludeTop(ref Xoshiro256 random)
    {
        // A draw for each token, taken or not, so that a seed gives the same texts at whatever threshold.
        if (random.NextUnit() >= _options.XtcProbability || _options.XtcThreshold > 0.5f || _candidates.Nominal < 2)
            return;
        double total = _candidates.Weigh();
        Span<ulong> keys = _candidates.Keys;
        ulong last = 0;
        int above = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            if (_candidates.Weights[i] / total < _options.XtcThreshold)
                continue;
            last = Math.Max(last, keys[i]);
            above++;
        }
        if (above < 2 || _candidates.Nominal - above + 1 < _options.MinKeep)
            return;
        int kept = 0;
        foreach (ulong key in keys)
            if (key >= last)
                keys[kept++] = key;
        _candidates.KeepFront(kept, _candidates.Nominal - (above - 1));
        _candidates.FindMax();
    }

    private void Heat()
    {
        float temperature = _options.Temperature;
        if (_options.DynamicTemperatureRange > 0)
        {
            if (_candidates.Nominal <= 1)
                return;
            double entropy = _candidates.Entropy(_candidates.Weigh());
            double relative = Math.Clamp(entropy / Math.Log(_candidates.Nominal), 0, 1);
            float least = Math.Max(0, temperature - _options.DynamicTemperatureRange),
                most = temperature + _options.DynamicTemperatureRange;
            temperature = least + (most - least) * (float)Math.Pow(relative, _options.DynamicTemperatureExponent);
        }
        if (temperature == 1)
            return;
        if (temperature <= 0)
            _candidates.KeepBest(1);
        else
            _candidates.Divide(temperature);
    }
}
