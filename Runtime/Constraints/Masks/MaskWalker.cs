using System;
using System.Collections.Generic;
using Llamalith.Constraints.Grammars;
using Llamalith.Constraints.Schemas;

namespace Llamalith.Constraints.Masks;

/// <summary>
/// Finds the tokens that can come next: walks the vocabulary with a constraint's ways, and keeps what can be kept. For one text at a time.
/// </summary>
internal sealed class MaskWalker(TokenTrie trie)
{
    private readonly MaskCache _cache = new(trie);
    private readonly WayTable _grammar = new();
    private readonly Stack<List<MatchConfig>> _spare = new();
    private readonly byte[] _path = new byte[TokenTree.LengthLimit];
    private readonly int[] _states = new int[TokenTree.LengthLimit + 1];
    private readonly int[] _counts = new int[TokenTree.LengthLimit + 1];

    /// <summary>Adds the tokens that some ways allow.</summary>
    public void Fill(MatchConfig[] ways, Span<ulong> mask)
    {
        if (ways is [GrammarConfig, ..])
        {
            _grammar.MaskOf(trie, ways).CopyTo(mask);
            return;
        }
        _cache.Trim();
        foreach (MatchConfig way in ways)
            if (way.CanGoOn)
                Fill(way, mask);
    }

    private void Fill(MatchConfig way, Span<ulong> mask)
    {
        switch (way)
        {
            case JsonConfig place:
                FillPlace(place, mask);
                break;
            case NumberConfig { IsLong: false } number:
                FillNumber(number.Form, number.Text, number.Frame, number.PlainOnly, false, mask);
                if (number.Frame is not null && number.Form.IsWhole(number.Text))
                    FillPlace(JsonConfig.Ended(number.Frame, number.PlainOnly), mask);
                break;
            case KeyConfig { CanBeKept: true } key when key.State.IsBetween:
                FillName(key, mask);
                break;
            case IScan { CanBeKept: true } scan and not KeyConfig:
                FillStretch(scan, mask);
                break;
            default:
                Walk(way, new MaskTarget(trie.All, mask), 0, trie.All.Count, 0);
                break;
        }
    }

    /// <summary>Between values: numbers are looked up, all else is walked.</summary>
    private void FillPlace(JsonConfig place, Span<ulong> mask)
    {
        bool afterSpace = !place.PlainOnly;
        MaskTarget target = new(afterSpace ? trie.AfterSpace : trie.All, mask);
        if (afterSpace)
            target.Mark(-1);
        TokenTree tree = target.Tree;
        List<MatchConfig> next = Rent();
        for (int node = 0; node < tree.Count; node = tree.Ends[node])
        {
            byte b = tree.Bytes[node];
            if (NumberForm.IsPart(b))
                continue;
            next.Clear();
            place.Step(b, next);
            Follow(next, target, node, 0);
        }
        Return(next);
        foreach ((Demand demand, JsonFrame? frame) in place.Values)
            foreach (NumberForm form in demand.Shape!.Numbers)
                FillNumber(form, "", frame, place.PlainOnly, afterSpace, mask);
    }

    private void FillNumber(NumberForm form, string text, JsonFrame? frame, bool plainOnly, bool afterSpace, Span<ulong> mask)
    {
        NumberMask number = _cache.NumberOf(form, text, afterSpace);
        foreach (int token in number.Tokens)
            mask[token / 64] |= 1ul << token;
        if (frame is null || number.Exits.Length == 0)
            return;
        JsonConfig ended = JsonConfig.Ended(frame, plainOnly);
        MaskTarget target = new(afterSpace ? trie.AfterSpace : trie.All, mask);
        foreach (int node in number.Exits)
            Walk(ended, target, node + 1, target.Tree.Ends[node], target.Tree.Depths[node] + 1);
    }

    private void FillStretch(IScan scan, Span<ulong> mask)
    {
        StretchMask stretch = _cache.StretchOf(scan.Form, scan.State);
        int room = scan.Form.Max == int.MaxValue ? int.MaxValue : scan.Form.Max - scan.State.Count;
        stretch.AddInside(mask, room);
        if (stretch.Exits.Length == 0)
            return;
        int min = scan.Form.Min - scan.State.Count;
        ReadOnlySpan<ulong> origins = stretch.Groups[0].Origins;
        if (min > 0 || room < stretch.LongestNeed)
        {
            ulong[] some = new ulong[origins.Length];
            foreach (StretchExit exit in stretch.Exits)
                if (exit.Count >= min && exit.Count <= room)
                    some[exit.Quote / 64] |= 1ul << exit.Quote;
            origins = some;
        }
        List<MatchConfig> next = Rent();
        scan.End(0, [], next);
        WalkTails(next, origins, mask);
        Return(next);
    }

    private void FillName(KeyConfig key, Span<ulong> mask)
    {
        StretchMask stretch = _cache.NamesOf(key.Keys, key.Form, key.State);
        stretch.AddInside(mask, int.MaxValue);
        List<MatchConfig> next = Rent();
        foreach (StretchGroup group in stretch.Groups)
        {
            next.Clear();
            if (group.Label >= 0)
            {
                key.EndAs(group.Label, "", next);
                WalkTails(next, group.Origins, mask);
            }
            else if (group.Label != Dfa.NoLabel)
            {
                FillOtherNames(key, group, next, mask);
            }
        }
        Return(next);
    }

    /// <summary>Names that nobody mentioned go on alike, but for those that were there already.</summary>
    private void FillOtherNames(KeyConfig key, StretchGroup group, List<MatchConfig> next, Span<ulong> mask)
    {
        ulong[] origins = [.. group.Origins];
        for (JsonFrame.NameList? seen = key.Frame.Others; seen is not null; seen = seen.Rest)
            if (seen.Name.StartsWith(key.Text, StringComparison.Ordinal))
                foreach (int quote in trie.QuotesAfter(seen.Name.AsSpan(key.Text.Length)))
                    origins[quote / 64] &= ~(1ul << quote);
        NameDoubt doubt = new();
        key.EndOther(group.Label, doubt, next);
        WalkTails(next, origins, mask);
        if (!doubt.IsRaised)
            return;

        // Some token goes on to a whole name more, of which it must be known whether it is the same.
        ReadOnlySpan<string?> names = trie.Names;
        for (int quote = 0; quote < names.Length; quote++)
        {
            if ((origins[quote / 64] >> quote & 1) == 0)
                continue;
            next.Clear();
            key.EndAs(group.Label, names[quote]!, next);
            Follow(next, new MaskTarget(trie.All, mask), trie.Quotes[quote], trie.All.Depths[trie.Quotes[quote]]);
        }
    }

    private void WalkTails(List<MatchConfig> next, ReadOnlySpan<ulong> origins, Span<ulong> mask)
    {
        if (next.Count == 0)
            return;
        MaskTarget target = new(trie.Tails, mask, origins);
        target.Mark(-1);
        foreach (MatchConfig way in next)
            if (way.CanGoOn)
                Walk(way, target, 0, target.Tree.Count, 0);
    }

    private void Walk(MatchConfig config, in MaskTarget target, int from, int to, int depth)
    {
        if (config is IScan { CanBeKept: true } scan)
        {
            WalkScan(scan, target, from, to, depth);
            return;
        }
        TokenTree tree = target.Tree;
        List<MatchConfig> next = Rent();
        for (int node = from; node < to; node = tree.Ends[node])
        {
            next.Clear();
            config.Step(tree.Bytes[node], next);
            Follow(next, target, node, depth);
        }
        Return(next);
    }

    /// <summary>Goes on behind a node.</summary>
    private void Follow(List<MatchConfig> next, in MaskTarget target, int node, int depth)
    {
        if (next.Count == 0)
            return;
        target.Mark(node);
        if (target.Tree.Ends[node] == node + 1)
            return;
        foreach (MatchConfig way in next)
            if (way.CanGoOn)
                Walk(way, target, node + 1, target.Tree.Ends[node], depth + 1);
    }

    /// <summary>Walks a part of the vocabulary along an automaton.</summary>
    private void WalkScan(IScan scan, in MaskTarget target, int from, int to, int depth)
    {
        ScanForm form = scan.Form;
        ScanTable table = _cache.TableOf(form);
        TokenTree tree = target.Tree;
        int room = form.Max == int.MaxValue ? int.MaxValue : form.Max - scan.State.Count - form.Dfa.LongestShortest - 1;
        int min = form.Min - scan.State.Count;
        _states[depth] = table.IdOf(scan.State);
        _counts[depth] = 0;
        for (int node = from; node < to;)
        {
            int at = tree.Depths[node];
            byte b = tree.Bytes[node];
            int next = table.Step(_states[at], b, out int completed);
            if (next >= 0 && (_counts[at] < room || IsInside(scan, table, at, b)))
            {
                _path[at] = b;
                _states[at + 1] = next;
                _counts[at + 1] = _counts[at] + completed;
                target.Mark(node);
                node++;
                continue;
            }
            if (next == ScanTable.Closed && _counts[at] >= min)
                Exit(scan, table.StateOf(_states[at]).Node, _path.AsSpan(depth, at - depth), target, node, at);
            node = tree.Ends[node];
        }
    }

    /// <summary>Near to the end of a length, steps are taken one by one.</summary>
    private bool IsInside(IScan scan, ScanTable table, int depth, byte b)
    {
        ScanForm.State state = table.StateOf(_states[depth]);
        state.Count = scan.State.Count + _counts[depth];
        return scan.Form.Step(ref state, b, out _) == ScanForm.Outcome.Inside;
    }

    private void Exit(IScan scan, int state, ReadOnlySpan<byte> path, in MaskTarget target, int node, int depth)
    {
        List<MatchConfig> next = Rent();
        scan.End(state, path, next);
        Follow(next, target, node, depth);
        Return(next);
    }

    private List<MatchConfig> Rent() => _spare.TryPop(out List<MatchConfig>? spare) ? spare : [];

    private void Return(List<MatchConfig> list)
    {
        list.Clear();
        _spare.Push(list);
    }
}
