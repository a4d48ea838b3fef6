using System;
using System.Collections.Generic;
using System.Numerics;
using Llamalith.Constraints.Masks;

namespace Llamalith.Constraints;

/// <summary>Where a text is that follows a constraint. One text, one call at a time.</summary>
public sealed class ConstraintState
{
    private readonly Constraint _constraint;
    private MatchConfig[] _ways;

    internal ConstraintState(Constraint constraint, MatchConfig[] ways) => (_constraint, _ways) = (constraint, ways);

    /// <summary>Whether the text so far is complete.</summary>
    public bool CanEnd => Array.Exists(_ways, static way => way.CanEnd);

    /// <summary>Whether the text so far is complete and nothing may follow.</summary>
    public bool MustEnd => !Array.Exists(_ways, static way => way.CanGoOn);

    /// <summary>Goes on by some bytes.</summary>
    /// <returns>How many of them are taken: all, or as many as come before the first that cannot stand where it does.</returns>
    public int Advance(ReadOnlySpan<byte> text)
    {
        List<MatchConfig> next = [];
        for (int i = 0; i < text.Length; i++)
        {
            next.Clear();
            Step(text[i], next);
            if (next.Count == 0)
                return i;
            _ways = [.. next];
        }
        return text.Length;
    }

    /// <summary>Whether a byte can come next.</summary>
    public bool Allows(byte next)
    {
        List<MatchConfig> ways = [];
        Step(next, ways);
        return ways.Count > 0;
    }

    /// <summary>Finds the tokens that can come next, those that end the text among them where it is complete.</summary>
    /// <param name="trie">The vocabulary.</param>
    /// <param name="mask">Gets a bit for each token: token t is bit t % 64 of word t / 64.</param>
    /// <exception cref="ArgumentException">The mask is not <see cref="TokenTrie.MaskLength"/> words long.</exception>
    public void FillMask(TokenTrie trie, Span<ulong> mask)
    {
        ArgumentNullException.ThrowIfNull(trie);
        if (mask.Length != trie.MaskLength)
        {
            throw new ArgumentException(
                $"The mask has {mask.Length} words, but {trie.MaskLength} are needed for {trie.VocabSize} tokens.", nameof(mask));
        }
        mask.Clear();
        MaskWalker walker = _constraint.Rent(trie);
        walker.Fill(_ways, mask);
        _constraint.Return(trie, walker);
        if (!CanEnd)
            return;
        foreach (int token in trie.Ends)
            mask[token / 64] |= 1ul << token;
    }

    /// <summary>Makes all logits −∞ whose tokens a mask leaves out.</summary>
    /// <exception cref="ArgumentException">There are more logits than the mask has bits.</exception>
    public static void ApplyMask(ReadOnlySpan<ulong> mask, Span<float> logits)
    {
        if (logits.Length > 64 * mask.Length)
            throw new ArgumentException($"The mask has {64 * mask.Length} bits, but there are {logits.Length} logits.", nameof(mask));
        for (int first = 0; first < logits.Length; first += 64)
        {
            Span<float> some = logits[first..Math.Min(first + 64, logits.Length)];
            ulong left = ~mask[first / 64];
            if (left == ulong.MaxValue)
            {
                some.Fill(float.NegativeInfinity);
                continue;
            }
            for (; left != 0 && BitOperations.TrailingZeroCount(left) < some.Length; left &= left - 1)
                some[BitOperations.TrailingZeroCount(left)] = float.NegativeInfinity;
        }
    }

    /// <summary>Another state at the same place.</summary>
    public ConstraintState Clone() => new(_constraint, _ways);

    private void Step(byte b, List<MatchConfig> next)
    {
        if (_ways.Length == 1)
        {
            _ways[0].Step(b, next);
            return;
        }
        List<MatchConfig> one = [];
        foreach (MatchConfig way in _ways)
        {
            one.Clear();
            way.Step(b, one);
            foreach (MatchConfig config in one)
                MatchConfig.Add(next, config);
        }
    }
}
