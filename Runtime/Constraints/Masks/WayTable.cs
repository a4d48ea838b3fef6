using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Masks;

/// <summary>
/// A grammar's automaton over bytes, made as it is walked: each set of ways in which a text may go on has a number, and each step is looked
/// up once it has
/// been taken.
/// </summary>
internal sealed class WayTable
{
    private const int Rejected = -1, Unknown = -2, MostStates = 8192, MostMasks = 256;

    private readonly Dictionary<WaySet, int> _ids = [];
    private readonly List<WaySet> _sets = [];
    private readonly List<MatchConfig> _reached = [], _one = [];
    private readonly Dictionary<int, ulong[]> _masks = [];
    private readonly int[] _path = new int[TokenTree.LengthLimit + 1];
    private int[]?[] _next = [];
    private int _rows;

    /// <summary>The tokens that may come next.</summary>
    /// <param name="trie">The vocabulary, always the same one.</param>
    /// <param name="ways">The ways in which the text may go on.</param>
    public ReadOnlySpan<ulong> MaskOf(TokenTrie trie, MatchConfig[] ways)
    {
        if (_rows > MostStates || _masks.Count > MostMasks)
        {
            _ids.Clear();
            _sets.Clear();
            _masks.Clear();
            (_next, _rows) = ([], 0);
        }
        int start = IdOf(ways);
        if (_masks.TryGetValue(start, out ulong[]? known))
            return known;
        ulong[] mask = new ulong[trie.MaskLength];
        MaskTarget target = new(trie.All, mask);
        _path[0] = start;
        for (int node = 0; node < trie.All.Count;)
        {
            int depth = trie.All.Depths[node];
            int next = Step(_path[depth], trie.All.Bytes[node]);
            if (next < 0)
            {
                node = trie.All.Ends[node];
                continue;
            }
            _path[depth + 1] = next;
            target.Mark(node);
            node++;
        }
        _masks.Add(start, mask);
        return mask;
    }

    private int IdOf(MatchConfig[] ways)
    {
        WaySet set = new(ways);
        if (_ids.TryGetValue(set, out int id))
            return id;
        id = _sets.Count;
        _ids.Add(set, id);
        _sets.Add(set);
        if (_next.Length <= id)
            Array.Resize(ref _next, Math.Max(16, 2 * _next.Length));
        return id;
    }

    private int Step(int id, byte b)
    {
        int next = _next[id] is { } row ? row[b] : Unknown;
        return next == Unknown ? Find(id, b) : next;
    }

    private int Find(int id, byte b)
    {
        _reached.Clear();
        foreach (MatchConfig way in _sets[id].Ways)
        {
            _one.Clear();
            way.Step(b, _one);
            foreach (MatchConfig config in _one)
                MatchConfig.Add(_reached, config);
        }
        int next = _reached.Count == 0 ? Rejected : IdOf([.. _reached]);
        if (_next[id] is not { } row)
        {
            _rows++;
            _next[id] = row = new int[256];
            row.AsSpan().Fill(Unknown);
        }
        return row[b] = next;
    }

    /// <summary>Ways, compared one by one.</summary>
    private sealed class WaySet : IEquatable<WaySet>
    {
        private readonly int _hash;

        public WaySet(MatchConfig[] ways)
        {
            Ways = ways;
            HashCode hash = default;
            foreach (MatchConfig way in ways)
                hash.Add(way.PlaceHash);
            _hash = hash.ToHashCode();
        }

        public MatchConfig[] Ways { get; }

        public bool Equals(WaySet? other) =>
            other is not null && other._hash == _hash && other.Ways.Length == Ways.Length && AreSame(other.Ways);

        public override bool Equals(object? obj) => Equals(obj as WaySet);

        public override int GetHashCode() => _hash;

        private bool AreSame(MatchConfig[] others)
        {
            for (int i = 0; i < Ways.Length; i++)
                if (!Ways[i].IsSame(others[i]))
                    return false;
            return true;
        }
    }
}
