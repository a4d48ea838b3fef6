using System;

namespace Llamalith.Sampling;

/// <summary>What DRY penalizes: the tokens that would go on with a repetition of what the text ends with.</summary>
internal sealed class Repetitions(SamplingOptions options, int vocabSize)
{
    private readonly int[] _longest = new int[options.DryMultiplier > 0 ? vocabSize : 0];
    private int[] _matches = [];
    private (int Token, float Penalty)[] _penalties = [];

    /// <summary>The tokens and what each loses.</summary>
    /// <param name="recent">The last tokens, all of the vocabulary.</param>
    public ReadOnlySpan<(int Token, float Penalty)> Find(ReadOnlySpan<int> recent)
    {
        int count = recent.Length;
        if (count <= options.DryAllowedLength || count < 2)
            return [];
        int most = 0;
        while (most < count && !options.DryBreakers.Contains(recent[^(most + 1)]))
            most++;
        if (most < options.DryAllowedLength)
            return [];
        if (_matches.Length < count)
        {
            _matches = new int[Math.Max(count, 2 * _matches.Length)];
            _penalties = new (int, float)[_matches.Length];
        }
        Match(recent);

        int found = 0;
        for (int i = 1; i < count; i++)
        {
            // recent[^(i + 1)] and what is before it are the last so many tokens again; after it came recent[^i].
            int length = Math.Min(_matches[i], most);
            if (length < options.DryAllowedLength)
                continue;
            int token = recent[^i];
            if (_longest[token] == 0)
                _penalties[found++].Token = token;
            _longest[token] = Math.Max(_longest[token], length + 1);
        }
        float largestExponent = options.DryBase > 1.000001f ? 88.7228391f / MathF.Log(options.DryBase) : 0;
        for (int i = 0; i < found; i++)
        {
            int token = _penalties[i].Token;
            float exponent = _longest[token] - 1 - options.DryAllowedLength;
            if (largestExponent > 0)
                exponent = MathF.Min(exponent, MathF.Floor(largestExponent));
            _penalties[i].Penalty = options.DryMultiplier * MathF.Pow(options.DryBase, exponent);
            _longest[token] = 0;
        }
        return _penalties.AsSpan(0, found);
    }

    /// <summary>_matches[i]: how many tokens before the last i are the same as the last ones (the Z algorithm from the end).</summary>
    private void Match(ReadOnlySpan<int> recent)
    {
        int count = recent.Length;
        _matches[0] = count;
        for (int i = 1, left = 0, right = 0; i < count; i++)
        {
            int length = i < right ? Math.Min(right - i, _matches[i - left]) : 0;
            while (i + length < count && recent[^(length + 1)] == recent[^(i + length + 1)])
                length++;
            _matches[i] = length;
            if (i + length > right)
                (left, right) = (i, i + length);
        }
    }
}
