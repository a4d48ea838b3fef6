using System;
using System.Collections.Generic;

namespace Llamalith.Constraints;

/// <summary>Finds the tokens that can come next: walks the vocabulary with a constraint's ways, and keeps what can be kept.</summary>
internal sealed class MaskWalker(TokenTrie trie, Dictionary<(Dfa, ScanKind, int, int), KeptMask> kept)
{
    // Of a constraint's own automata so many masks are kept.
    private const int MostKept = 512;

    private readonly Stack<List<MatchConfig>> _spare = new();
    private readonly byte[] _path = new byte[256];

    /// <summary>Adds the tokens that a way allows.</summary>
    public void Walk(MatchConfig config, Span<ulong> mask) => Walk(config, 0, trie.Count, 0, mask);

    private void Walk(MatchConfig config, int from, int to, int depth, Span<ulong> mask)
    {
        if (config.Scan is { CanBeKept: true } scan && scan.State.IsBetween)
        {
            if (from == 0 && to == trie.Count)
                WalkKept(scan, mask);
            else
                WalkScan(scan, from, to, depth, mask);
            return;
        }
        List<MatchConfig> next = _spare.TryPop(out List<MatchConfig>? spare) ? spare : [];
        for (int node = from; node < to; node = trie.EndOf(node))
        {
            next.Clear();
            config.Step(trie.ByteOf(node), next);
            if (next.Count == 0)
                continue;
            trie.Mark(node, mask);
            if (trie.EndOf(node) == node + 1)
                continue;
            foreach (MatchConfig way in next)
                if (way.CanGoOn)
                    Walk(way, node + 1, trie.EndOf(node), depth + 1, mask);
        }
        next.Clear();
        _spare.Push(next);
    }

    private void WalkKept(IScan scan, Span<ulong> mask)
    {
        KeptMask known = Find(scan);
        for (int i = 0; i < known.Inside.Length; i++)
            mask[i] |= known.Inside[i];
        int min = scan.Form.Min - scan.State.Count;
        foreach ((int node, int state, int count) in known.Exits)
            if (count >= min)
                Exit(scan, node, state, mask);
    }

    private KeptMask Find(IScan scan)
    {
        ScanKind kind = scan.Form switch { TextForm => ScanKind.Text, StringForm { PlainOnly: true } => ScanKind.PlainJson, _ => ScanKind.Json };

        // Where a string's length has a limit, it only matters when tokens reach it.
        int room = scan.Form.Max == int.MaxValue ? int.MaxValue : Math.Min(scan.Form.Max - scan.State.Count, trie.LongestPiece + scan.Form.Dfa.LongestShortest);
        ScanForm form = kind == ScanKind.Text ? scan.Form : new StringForm(scan.Form.Dfa, 0, room, kind == ScanKind.PlainJson);
        if (scan.Form.Dfa == Dfa.Anything)
            return trie.Kept.GetOrAdd((kind, room), _ => Make(form, scan.State.Node));
        (Dfa, ScanKind, int, int) key = (scan.Form.Dfa, kind, scan.State.Node, room);
        if (!kept.TryGetValue(key, out KeptMask? known))
        {
            known = Make(form, scan.State.Node);
            if (kept.Count >= MostKept)
                kept.Clear();
            kept.Add(key, known);
        }
        return known;
    }

    private KeptMask Make(ScanForm form, int start)
    {
        ulong[] inside = new ulong[trie.MaskLength];
        List<(int, int, int)> exits = [];
        ScanForm.State[] states = new ScanForm.State[256];
        int[] counts = new int[256];
        states[0] = new ScanForm.State { Node = start };
        for (int node = 0; node < trie.Count;)
        {
            int depth = trie.DepthOf(node);
            ScanForm.State state = states[depth];
            int at = state.Node;
            switch (form.Step(ref state, trie.ByteOf(node), out int codePoint))
            {
                case ScanForm.Outcome.Inside:
                    states[depth + 1] = state;
                    counts[depth + 1] = counts[depth] + (codePoint >= 0 ? 1 : 0);
                    trie.Mark(node, inside);
                    node++;
                    continue;
                case ScanForm.Outcome.Closed:
                    exits.Add((node, at, counts[depth]));
                    break;
            }
            node = trie.EndOf(node);
        }
        return new KeptMask(inside, [.. exits]);
    }

    /// <summary>Walks a part of the vocabulary along an automaton.</summary>
    private void WalkScan(IScan scan, int from, int to, int depth, Span<ulong> mask)
    {
        Span<ScanForm.State> states = new ScanForm.State[trie.LongestPiece + 2];
        states[depth] = scan.State;
        for (int node = from; node < to;)
        {
            int at = trie.DepthOf(node);
            ScanForm.State state = states[at];
            int last = state.Node;
            switch (scan.Form.Step(ref state, trie.ByteOf(node), out _))
            {
                case ScanForm.Outcome.Inside:
                    states[at + 1] = state;
                    trie.Mark(node, mask);
                    node++;
                    continue;
                case ScanForm.Outcome.Closed:
                    Exit(scan, node, last, mask, depth);
                    break;
            }
            node = trie.EndOf(node);
        }
    }

    private void Exit(IScan scan, int node, int state, Span<ulong> mask, int begin = 0)
    {
        // The bytes from where the stretch is looked at to its end.
        int depth = trie.DepthOf(node);
        ReadOnlySpan<byte> path = PathTo(node, begin, depth);
        List<MatchConfig> next = _spare.TryPop(out List<MatchConfig>? spare) ? spare : [];
        next.Clear();
        scan.End(state, path, next);
        if (next.Count > 0)
        {
            trie.Mark(node, mask);
            foreach (MatchConfig way in next)
                if (way.CanGoOn)
                    Walk(way, node + 1, trie.EndOf(node), depth + 1, mask);
        }
        next.Clear();
        _spare.Push(next);
    }

    private ReadOnlySpan<byte> PathTo(int node, int begin, int end)
    {
        // Backwards: the nearest node before that is one level higher is the parent.
        int at = node;
        for (int depth = end - 1; depth >= begin; depth--)
        {
            do
                at--;
            while (trie.DepthOf(at) != depth);
            _path[depth] = trie.ByteOf(at);
        }
        return _path.AsSpan(begin, end - begin);
    }
}
