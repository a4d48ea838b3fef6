using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.Intrinsics;

namespace Llamalith.Constraints.Masks;

/// <summary>
/// What a vocabulary's tokens do within a stretch of text, from one state of its automaton: which stay within, and where others end it.
/// </summary>
internal sealed class StretchMask
{
    private const byte Never = 255;

    private readonly ulong[] _inside;

    // For each token the code points that a length must have room for: its own, and the fewest that complete the stretch. Null where
    // lengths do not matter.
    private readonly byte[]? _needs;

    private StretchMask(ulong[] inside, byte[]? needs, StretchExit[] exits, StretchGroup[] groups)
    {
        (_inside, _needs, Exits, Groups) = (inside, needs, exits, groups);
        LongestNeed = needs is null ? 0 : needs.Where(static need => need < Never).DefaultIfEmpty().Max();
    }

    /// <summary>Where tokens end the stretch.</summary>
    public StretchExit[] Exits { get; }

    /// <summary>The same, by what the stretch is that they end.</summary>
    public StretchGroup[] Groups { get; }

    /// <summary>Whether the tokens' lengths are known.</summary>
    public bool HasNeeds => _needs is not null;

    /// <summary>Code points from which on a limit of the length cuts off nothing.</summary>
    public int LongestNeed { get; }

    /// <summary>The bytes that it takes, about.</summary>
    public int Size =>
        (8 * _inside.Length) + (_needs?.Length ?? 0) + (12 * Exits.Length) + Groups.Sum(static group => 8 * group.Origins.Length);

    /// <summary>Walks a vocabulary.</summary>
    /// <param name="trie">The vocabulary.</param>
    /// <param name="table">The automaton.</param>
    /// <param name="start">Its state.</param>
    /// <param name="withNeeds">Whether lengths matter.</param>
    /// <param name="labelOf">What a stretch is that ends in a state; null where that does not matter.</param>
    public static StretchMask Make(TokenTrie trie, ScanTable table, int start, bool withNeeds, Func<int, int>? labelOf)
    {
        ulong[] inside = new ulong[trie.MaskLength];
        byte[]? needs = withNeeds ? new byte[64 * trie.MaskLength] : null;
        needs?.AsSpan().Fill(Never);
        List<StretchExit> exits = [];
        TokenTree tree = trie.All;
        MaskTarget target = new(tree, inside);
        int[] states = new int[TokenTree.LengthLimit + 1], counts = new int[TokenTree.LengthLimit + 1];
        states[0] = start;
        int quote = 0;
        for (int node = 0; node < tree.Count;)
        {
            int depth = tree.Depths[node];
            int next = table.Step(states[depth], tree.Bytes[node], out int completed);
            if (next >= 0)
            {
                states[depth + 1] = next;
                counts[depth + 1] = counts[depth] + completed;
                target.Mark(node);
                if (needs is not null)
                    foreach (int token in tree.TokensOf(node))
                        needs[token] = (byte)Math.Min(counts[depth + 1] + table.Shortest(next), Never - 1);
                node++;
                continue;
            }
            if (next == ScanTable.Closed)
            {
                while (trie.Quotes[quote] < node)
                    quote++;
                exits.Add(new StretchExit(quote, table.StateOf(states[depth]).Node, counts[depth]));
            }
            node = tree.Ends[node];
        }
        return new StretchMask(inside, needs, [.. exits], Group(trie, exits, labelOf));
    }

    /// <summary>
    /// Where strings are free but for some that are told apart: the tokens of free strings, those that end one of the others counted apart.
    /// </summary>
    /// <param name="trie">The vocabulary.</param>
    /// <param name="table">The automaton.</param>
    /// <param name="start">Its state.</param>
    /// <param name="free">What is so in free strings from there.</param>
    /// <param name="freeNode">The automaton's state that all strings but those lead to.</param>
    /// <param name="labelOf">What a stretch is that ends in a state.</param>
    public static StretchMask Overlay(TokenTrie trie, ScanTable table, int start, StretchMask free, int freeNode, Func<int, int> labelOf)
    {
        List<StretchExit> named = [];
        TokenTree tree = trie.All;
        int[] states = new int[TokenTree.LengthLimit + 1];
        states[0] = start;
        ulong[] others = [.. free.Groups[0].Origins];
        for (int node = table.StateOf(start).Node == freeNode ? tree.Count : 0; node < tree.Count;)
        {
            int depth = tree.Depths[node];
            int next = table.Step(states[depth], tree.Bytes[node], out _);
            if (next >= 0 && !table.LeadsTo(next, freeNode))
            {
                states[depth + 1] = next;
                node++;
                continue;
            }
            if (next == ScanTable.Closed)
            {
                int quote = trie.Quotes.BinarySearch(node);
                others[quote / 64] &= ~(1ul << quote);
                named.Add(new StretchExit(quote, table.StateOf(states[depth]).Node, 0));
            }
            node = tree.Ends[node];
        }
        return new StretchMask(free._inside, null, [], [new StretchGroup(labelOf(freeNode), others), .. Group(trie, named, labelOf)]);
    }

    /// <summary>Adds the tokens that stay within.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="room">Code points that may still come; int.MaxValue for no limit.</param>
    public void AddInside(Span<ulong> mask, int room)
    {
        if (room == int.MaxValue || (room >= LongestNeed && LongestNeed < Never - 1))
        {
            for (int i = 0; i < mask.Length; i++)
                mask[i] |= _inside[i];
            return;
        }
        Vector256<byte> most = Vector256.Create((byte)Math.Min(room, Never - 2));
        for (int i = 0; i < mask.Length; i++)
        {
            ulong low = Vector256.LessThanOrEqual(Vector256.Create(_needs!, 64 * i), most).ExtractMostSignificantBits();
            ulong high = Vector256.LessThanOrEqual(Vector256.Create(_needs!, (64 * i) + 32), most).ExtractMostSignificantBits();
            mask[i] |= low | (high << 32);
        }
    }

    private static StretchGroup[] Group(TokenTrie trie, List<StretchExit> exits, Func<int, int>? labelOf)
    {
        Dictionary<int, ulong[]> groups = [];
        foreach (StretchExit exit in exits)
        {
            int label = labelOf?.Invoke(exit.Node) ?? 0;
            if (!groups.TryGetValue(label, out ulong[]? origins))
                groups.Add(label, origins = new ulong[(trie.Quotes.Length + 63) / 64]);
            origins[exit.Quote / 64] |= 1ul << exit.Quote;
        }
        if (groups.Count == 0 && labelOf is null)
            groups.Add(0, new ulong[(trie.Quotes.Length + 63) / 64]);
        return [.. groups.Select(static group => new StretchGroup(group.Key, group.Value))];
    }
}

/// <summary>Where a token ends a stretch.</summary>
/// <param name="Quote">The number of the quotation mark in the vocabulary.</param>
/// <param name="Node">The automaton's state.</param>
/// <param name="Count">Code points of the token before.</param>
internal readonly record struct StretchExit(int Quote, int Node, int Count);

/// <summary>Ends of a stretch that are alike.</summary>
/// <param name="Label">What the stretch is.</param>
/// <param name="Origins">A bit for each quotation mark of the vocabulary.</param>
internal sealed record StretchGroup(int Label, ulong[] Origins);
