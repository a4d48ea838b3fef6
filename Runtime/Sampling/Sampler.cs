using System;

namespace Llamalith.Sampling;

/// <summary>
/// Chooses the next token from the logits, as <see cref="SamplingOptions"/> say. Calls allocate nothing. A sampler carries
/// the state of its random numbers: one for each conversation, one call at a time.
/// </summary>
public sealed class Sampler
{
    private const double Ln2 = 0.6931471805599453;

    // Loops over a vocabulary are compiled with full optimization at once: a short text would be over before the runtime had
    // found them worth it. What only calls them is left to the runtime, for it costs more to optimize than a text would gain.
    private readonly float[] _weights = [];
    private readonly double[] _blockSums = [];
    private readonly ulong[] _keys = [];
    private readonly Nucleus _nucleus = new();
    private readonly float[] _penalized = [];
    private readonly int[] _lastPenalized = [];
    private readonly SamplerChain? _chain;
    private int _calls;
    private Xoshiro256 _random;

    /// <summary>A sampler for a vocabulary.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="vocabSize">Number of logits in each call.</param>
    public Sampler(SamplingOptions options, int vocabSize)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabSize);
        Options = options;
        VocabSize = vocabSize;
        if (SamplerChain.IsNeeded(options))
            _chain = new SamplerChain(options, vocabSize);
        else if (options.Temperature > 0)
        {
            _weights = new float[vocabSize];
            if (Filters)
                _keys = new ulong[vocabSize];
            else
                _blockSums = new double[(vocabSize + LogitMath.BlockSize - 1) / LogitMath.BlockSize];
        }
        if (Penalizes && _chain is null)
        {
            _penalized = new float[vocabSize];
            _lastPenalized = new int[vocabSize];
        }
        Restart();
    }

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Options { get; }

    /// <summary>Number of logits in each call.</summary>
    public int VocabSize { get; }

    /// <summary>Where the random numbers began: the options' seed, or the one taken in its place.</summary>
    public ulong Seed { get; private set; }

    private bool Filters => LimitsCount || Options.TopP < 1 || Options.MinP > 0;

    private bool LimitsCount => Options.TopK > 0 && Options.TopK < VocabSize;

    private bool Penalizes => Options.RepetitionPenalty != 1 && Options.RepetitionWindow != 0;

    /// <summary>Begins the random numbers afresh: at the options' seed, or where that is null, at a new one.</summary>
    public void Restart()
    {
        Seed = Options.Seed ?? (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);
        _random = new Xoshiro256(Seed);
        _chain?.Restart();
    }

    /// <summary>Chooses a token.</summary>
    /// <param name="logits">
    /// One for each token. −∞ is never chosen; tokens at +∞ share all the probability equally.
    /// </param>
    /// <param name="recent">The tokens so far, the last one last; those beyond the repetition window are not looked at.</param>
    /// <exception cref="ArgumentException">The logits are not <see cref="VocabSize"/>, one is NaN, or all are −∞.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A recent token is not in the vocabulary.</exception>
    public int Sample(ReadOnlySpan<float> logits, ReadOnlySpan<int> recent = default)
    {
        if (logits.Length != VocabSize)
            throw new ArgumentException($"There are {logits.Length} logits, but the vocabulary has {VocabSize} tokens.", nameof(logits));
        if (_chain is not null)
            return Sample(_chain, logits, recent);
        if (_penalized.Length > 0 && !recent.IsEmpty)
            logits = Penalize(logits, recent);
        float max = LogitMath.Max(logits, out bool hasNaN);
        if (hasNaN)
            throw NaNAmong(logits);
        if (max == float.NegativeInfinity)
            throw new ArgumentException("All logits are -Infinity: there is no token to choose.", nameof(logits));
        if (Options.Temperature == 0)
            return LogitMath.IndexOf(logits, max);
        double draw = _random.NextUnit();
        if (float.IsPositiveInfinity(max))
            return ShareOfInfinite(logits, draw);
        if (_keys.Length > 0)
            return DrawFiltered(logits, max, draw);
        double total = LogitMath.Weigh(logits, _weights, max, Options.Temperature, _blockSums);
        return DrawInBlocks(draw * total);
    }

    /// <summary>So many of the last tokens; -1 for all.</summary>
    internal static ReadOnlySpan<int> Window(ReadOnlySpan<int> recent, int size) =>
        size < 0 ? recent : recent[Math.Max(0, recent.Length - size)..];

    /// <summary>Refuses tokens that a vocabulary has not.</summary>
    internal static void RequireTokens(ReadOnlySpan<int> recent, int vocabSize)
    {
        foreach (int token in recent)
        {
            if ((uint)token >= (uint)vocabSize)
                throw new ArgumentOutOfRangeException(nameof(recent), token, $"The vocabulary has {vocabSize} tokens.");
        }
    }

    private int Sample(SamplerChain chain, ReadOnlySpan<float> logits, ReadOnlySpan<int> recent)
    {
        float max = LogitMath.Max(logits, out bool hasNaN);
        if (hasNaN)
            throw NaNAmong(logits);
        if (float.IsPositiveInfinity(max))
            return ShareOfInfinite(logits, _random.NextUnit());
        return chain.Sample(logits, recent, ref _random);
    }

    private float[] Penalize(ReadOnlySpan<float> logits, ReadOnlySpan<int> recent)
    {
        logits.CopyTo(_penalized);
        if (++_calls == int.MaxValue)
        {
            Array.Clear(_lastPenalized);
            _calls = 1;
        }
        float penalty = Options.RepetitionPenalty;
        recent = Window(recent, Options.RepetitionWindow);
        RequireTokens(recent, VocabSize);
        foreach (int token in recent)
        {
            // Once, however often the token was seen.
            if (_lastPenalized[token] == _calls)
                continue;
            _lastPenalized[token] = _calls;
            ref float logit = ref _penalized[token];
            logit = TokenPenalties.Repeated(logit, penalty);
        }
        return _penalized;
    }

    /// <summary>
    /// Draws from what top-k, top-p and min-p leave. Each leaves some number of the best, so all three leave the least of them.
    /// </summary>
    private int DrawFiltered(ReadOnlySpan<float> logits, float max, double draw)
    {
        double topP = Options.TopP;
        float minP = Options.MinP;
        int count;
        double total = 0;
        if (LimitsCount)
        {
            count = Options.TopK;
            LogitMath.CollectLargest(logits, count, _keys);
        }
        else
        {
            // All tokens below this share of the whole, together, are less than the nucleus may lack. The bound is then taken as
            // the power of two below, for which no machine's logarithm is needed; the weights themselves decide later.
            double leastWeight = minP;
            if (topP < 1)
            {
                total = LogitMath.SumOfWeights(logits, max);
                leastWeight = Math.Max(leastWeight, (1 - topP) * total / VocabSize);
            }
            count = LogitMath.CollectAtLeast(logits, (float)(max + Math.ILogB(leastWeight) * Ln2 - 0.01), _keys);
        }

        Span<ulong> keys = _keys.AsSpan(0, count);
        Span<float> weights = _weights.AsSpan(0, count);
        if (topP < 1)
        {
            double all = Nucleus.Weigh(keys, weights, max, 1);
            count = _nucleus.Count(keys, weights, topP * (total > 0 ? total : all), max);
        }
        if (minP > 0)
        {
            Nucleus.Weigh(keys[..count], weights, max, 1);
            int kept = 0;
            for (int i = 0; i < count; i++)
                if (weights[i] >= minP)
                    keys[kept++] = keys[i];
            count = kept;
        }

        keys = keys[..count];
        weights = weights[..count];
        double left = draw * Nucleus.Weigh(keys, weights, max, Options.Temperature);
        return LogitKey.Index(keys[Math.Max(0, WeightedDraw.Index(weights, ref left))]);
    }

    private int DrawInBlocks(double left)
    {
        int block = 0;
        while (block < _blockSums.Length - 1 && left >= _blockSums[block])
            left -= _blockSums[block++];
        // Sums round: should the draw fall behind the last token of all, it is the last one possible that is taken.
        for (; ; block--)
        {
            int start = block * LogitMath.BlockSize;
            int last = WeightedDraw.Index(_weights.AsSpan(start, Math.Min(LogitMath.BlockSize, VocabSize - start)), ref left);
            if (last >= 0)
                return start + last;
        }
    }

    private static int ShareOfInfinite(ReadOnlySpan<float> logits, double draw)
    {
        int count = 0;
        foreach (float logit in logits)
            count += float.IsPositiveInfinity(logit) ? 1 : 0;
        int wanted = (int)(draw * count);
        int at = 0;
        while (!float.IsPositiveInfinity(logits[at]) || wanted-- > 0)
            at++;
        return at;
    }

    private static ArgumentException NaNAmong(ReadOnlySpan<float> logits)
    {
        int at = 0;
        while (!float.IsNaN(logits[at]))
            at++;
        return new ArgumentException($"The logit of token {at} is NaN.", nameof(logits));
    }
}
