using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Constraints;

/// <summary>
/// A deterministic automaton over code points, from each of whose states an accepting one can be reached: state -1 is the way out of the
/// language. State 0
/// is the first, unless the language is empty.
/// </summary>
internal sealed class Dfa
{
    /// <summary>Of a state in which no string may end.</summary>
    public const int NoLabel = int.MinValue;

    private const int MostStates = 30_000;

    // Code points that no state tells apart are one class; segments of code points, in order, each of one class.
    private readonly int[] _segmentStarts;
    private readonly int[] _segmentClasses;
    private readonly int[] _asciiClasses = new int[128];
    private readonly int[] _next;
    private readonly bool[] _accepts;
    private readonly int[] _shortest;

    private Dfa(int[] segmentStarts, int[] segmentClasses, int classes, int[] next, bool[] accepts)
    {
        _segmentStarts = segmentStarts;
        _segmentClasses = segmentClasses;
        Classes = classes;
        _next = next;
        _accepts = accepts;
        for (int c = 0; c < 128; c++)
            _asciiClasses[c] = segmentClasses[SegmentOf(c)];
        _shortest = FindShortest();
        Prune();
        IsDense = FindDense();
        LongestShortest = _shortest.Where(static length => length < int.MaxValue).DefaultIfEmpty().Max();
    }

    /// <summary>Every string.</summary>
    public static Dfa Anything { get; } = new([0], [0], 1, [0], [true]);

    /// <summary>No string.</summary>
    public static Dfa Nothing { get; } = new([0], [0], 1, [-1], [false]);

    public int Classes { get; }

    public int Count => _accepts.Length;

    public bool IsEmpty => _shortest[0] == int.MaxValue;

    public bool IsAnything => Count == 1 && _accepts[0] && Array.TrueForAll(_next, static next => next == 0);

    /// <summary>Whether from each state strings of every length from the shortest on are in the language.</summary>
    public bool IsDense { get; }

    /// <summary>The longest of the shortest ways to an end.</summary>
    public int LongestShortest { get; }

    /// <summary>Whether no string leaves it for good.</summary>
    public bool IsComplete => Array.TrueForAll(_next, static next => next >= 0);

    /// <summary>Whether a state is never left.</summary>
    public bool IsSink(int state) => _next.AsSpan(state * Classes, Classes).IndexOfAnyExcept(state) < 0;

    public bool Accepts(int state) => _accepts[state];

    /// <summary>Length of the shortest way from a state to an end.</summary>
    public int Shortest(int state) => _shortest[state];

    public int Next(int state, int codePoint) =>
        _next[state * Classes + (codePoint < 128 ? _asciiClasses[codePoint] : _segmentClasses[SegmentOf(codePoint)])];

    /// <summary>The class of all code points of a range; -1 where they are of several.</summary>
    public int ClassOf(int first, int last)
    {
        int segment = SegmentOf(first);
        int one = _segmentClasses[segment];
        while (++segment < _segmentStarts.Length && _segmentStarts[segment] <= last)
            if (_segmentClasses[segment] != one)
                return -1;
        return one;
    }

    /// <summary>Where a class of code points leads to.</summary>
    public int NextOfClass(int state, int one) => _next[state * Classes + one];

    /// <summary>Whether a code point of a range leads to a state from which an end is no further than so many more.</summary>
    public bool LeadsOn(int state, int first, int last, int within, KeyGate? gate = null)
    {
        for (int segment = SegmentOf(first); segment < _segmentStarts.Length && _segmentStarts[segment] <= last; segment++)
        {
            int next = _next[state * Classes + _segmentClasses[segment]];
            if (next >= 0 && _shortest[next] <= within && (gate is null || gate.Allows(next)))
                return true;
        }
        return false;
    }

    public bool Matches(string text) => StateAfter(text) is >= 0 and int state && _accepts[state];

    /// <summary>The automaton of exactly these strings.</summary>
    public static Dfa OfWords(IEnumerable<string> words)
    {
        Nfa nfa = new();
        int start = nfa.AddState(), end = nfa.AddState();
        Dictionary<(int, int), int> trie = [];
        foreach (string word in words)
        {
            int at = start;
            foreach (System.Text.Rune rune in word.EnumerateRunes())
            {
                if (!trie.TryGetValue((at, rune.Value), out int next))
                {
                    next = nfa.AddState();
                    trie.Add((at, rune.Value), next);
                    nfa.AddEdge(at, CharSet.Of(rune.Value), next);
                }
                at = next;
            }
            nfa.AddFree(at, end);
        }
        return Of(nfa, start, end);
    }

    /// <summary>Makes an automaton deterministic.</summary>
    public static Dfa Of(Nfa nfa, int start, int end)
    {
        (int[] starts, int[] classes, int count, List<int>[] edgeClasses) = Partition(nfa);
        Dictionary<string, int> known = [];
        List<int[]> sets = [];
        List<int> next = [];
        List<bool> accepts = [];
        Add(Close(nfa, [start], atStart: true, atEnd: false));
        for (int state = 0; state < sets.Count; state++)
        {
            List<int>?[] targets = new List<int>?[count];
            foreach (int at in sets[state])
                foreach (int edge in nfa.EdgesFrom[at])
                    foreach (int one in edgeClasses[edge])
                        (targets[one] ??= []).Add(nfa.Edges[edge].To);
            for (int one = 0; one < count; one++)
                next.Add(targets[one] is { } reached ? Add(Close(nfa, reached, atStart: false, atEnd: false)) : -1);
        }
        return new Dfa(starts, classes, count, [.. next], [.. accepts]);

        int Add(int[] set)
        {
            string key = string.Join(',', set);
            if (known.TryGetValue(key, out int state))
                return state;
            if (sets.Count == MostStates)
                throw TooLarge();
            known.Add(key, sets.Count);
            sets.Add(set);
            accepts.Add(Close(nfa, set, sets.Count == 1, atEnd: true).Contains(end));
            return sets.Count - 1;
        }
    }

    /// <summary>The strings of both, or of the first but not the second.</summary>
    public static Dfa Intersect(Dfa a, Dfa b, bool complementOfB = false)
    {
        if (!complementOfB && b.IsAnything)
            return a;
        if (!complementOfB && a.IsAnything)
            return b;
        (int[] starts, int[] pairs, int count, List<(int A, int B)> classes) = Merge(a, b);
        Dictionary<(int, int), int> known = [];
        List<(int A, int B)> states = [];
        List<int> next = [];
        List<bool> accepts = [];
        Add(a.IsEmpty ? -1 : 0, b.IsEmpty ? -1 : 0);
        for (int state = 0; state < states.Count; state++)
        {
            (int x, int y) = states[state];
            foreach ((int classA, int classB) in classes)
            {
                int nextA = x < 0 ? -1 : a._next[x * a.Classes + classA], nextB = y < 0 ? -1 : b._next[y * b.Classes + classB];
                next.Add(nextA < 0 || (nextB < 0 && !complementOfB) ? -1 : Add(nextA, nextB));
            }
        }
        return new Dfa(starts, pairs, count, [.. next], [.. accepts]);

        int Add(int x, int y)
        {
            if (known.TryGetValue((x, y), out int state))
                return state;
            if (states.Count == MostStates)
                throw TooLarge();
            known.Add((x, y), states.Count);
            states.Add((x, y));
            accepts.Add(x >= 0 && a._accepts[x] && (y >= 0 && b._accepts[y]) != complementOfB);
            return states.Count - 1;
        }
    }

    /// <summary>All of some automata at once; those that have left their language stay outside.</summary>
    /// <param name="parts">The automata.</param>
    /// <param name="labelOf">What a state of the whole means by those of the parts, -1 for outside; <see cref="NoLabel"/> where no string
    /// may end.</param>
    /// <param name="labels">The label of each state.</param>
    public static Dfa Product(IReadOnlyList<Dfa> parts, Func<int[], int> labelOf, out int[] labels)
    {
        int[] starts = [.. parts.SelectMany(static part => part._segmentStarts).Distinct().Order()];
        Dictionary<string, int> knownClasses = [];
        List<int[]> classParts = [];
        int[] classes = new int[starts.Length];
        for (int i = 0; i < starts.Length; i++)
        {
            int[] ofParts = [.. parts.Select(part => part._segmentClasses[part.SegmentOf(starts[i])])];
            string key = string.Join(',', ofParts);
            if (!knownClasses.TryGetValue(key, out classes[i]))
            {
                knownClasses.Add(key, classes[i] = classParts.Count);
                classParts.Add(ofParts);
            }
        }
        Dictionary<string, int> known = [];
        List<int[]> states = [];
        List<int> next = [], found = [];
        Add([.. parts.Select(static part => part.IsEmpty ? -1 : 0)]);
        for (int state = 0; state < states.Count; state++)
        {
            foreach (int[] one in classParts)
            {
                int[] reached = new int[parts.Count];
                for (int i = 0; i < reached.Length; i++)
                    reached[i] = states[state][i] < 0 ? -1 : parts[i]._next[states[state][i] * parts[i].Classes + one[i]];
                next.Add(Array.TrueForAll(reached, static at => at < 0) && labelOf(reached) == NoLabel ? -1 : Add(reached));
            }
        }
        labels = [.. found];
        return new Dfa(starts, classes, classParts.Count, [.. next], [.. found.Select(static label => label != NoLabel)]);

        int Add(int[] vector)
        {
            string key = string.Join(',', vector);
            if (known.TryGetValue(key, out int state))
                return state;
            if (states.Count == MostStates)
                throw TooLarge();
            known.Add(key, states.Count);
            states.Add(vector);
            found.Add(labelOf(vector));
            return states.Count - 1;
        }
    }

    /// <summary>All strings of the language; null where there are more than so many.</summary>
    public List<string>? Words(int most)
    {
        List<string> words = [];
        if (IsEmpty)
            return words;
        Stack<(int State, string Text, int Length)> open = new([(0, "", 0)]);
        while (open.TryPop(out (int State, string Text, int Length) at))
        {
            // A way longer than there are states goes round for ever.
            if (at.Length > Count || words.Count > most || open.Count > most)
                return null;
            if (_accepts[at.State])
                words.Add(at.Text);
            for (int segment = 0; segment < _segmentStarts.Length; segment++)
            {
                int next = _next[at.State * Classes + _segmentClasses[segment]];
                int end = segment + 1 < _segmentStarts.Length ? _segmentStarts[segment + 1] : CharSet.MaxCodePoint + 1;
                if (next < 0)
                    continue;
                if (end - _segmentStarts[segment] > most)
                    return null;
                for (int c = _segmentStarts[segment]; c < end; c++)
                    if (c is < 0xD800 or > 0xDFFF)
                        open.Push((next, at.Text + char.ConvertFromUtf32(c), at.Length + 1));
            }
        }
        return words.Count > most ? null : words;
    }

    /// <summary>The state that a string leads to; -1 outside.</summary>
    public int StateAfter(string text)
    {
        int state = IsEmpty ? -1 : 0;
        foreach (System.Text.Rune rune in text.EnumerateRunes())
            state = state < 0 ? -1 : Next(state, rune.Value);
        return state;
    }

    /// <summary>The states that one step leads to.</summary>
    public IEnumerable<int> Successors(int state)
    {
        for (int one = 0; one < Classes; one++)
            if (_next[state * Classes + one] is >= 0 and int next)
                yield return next;
    }

    /// <summary>The states that one step leads to, each once for a class of code points, and how many those are.</summary>
    public IEnumerable<(int Next, int CodePoints)> Steps(int state)
    {
        int[] sizes = new int[Classes];
        for (int i = 0; i < _segmentStarts.Length; i++)
        {
            int end = i + 1 < _segmentStarts.Length ? _segmentStarts[i + 1] : CharSet.MaxCodePoint + 1;
            int surrogates = Math.Max(0, Math.Min(end, 0xE000) - Math.Max(_segmentStarts[i], 0xD800));
            sizes[_segmentClasses[i]] += end - _segmentStarts[i] - surrogates;
        }
        for (int one = 0; one < Classes; one++)
            if (_next[state * Classes + one] is >= 0 and int next)
                yield return (next, sizes[one]);
    }

    /// <summary>The strings of so many code points.</summary>
    public static Dfa OfLengths(int min, int? max)
    {
        int count = (max ?? min) + 1;
        if (count > MostStates)
            throw new ConstraintException("a pattern with a very large length", $"a pattern or format with a length of {count - 1}");
        int[] next = new int[count];
        bool[] accepts = new bool[count];
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1 < count ? i + 1 : max is null ? i : -1;
            accepts[i] = i >= min;
        }
        return new Dfa([0], [0], 1, next, accepts);
    }

    /// <summary>The strings that are not in it.</summary>
    public Dfa Complement() => Intersect(Anything, this, complementOfB: true);

    private static ConstraintException TooLarge() =>
        new("pattern too large", $"a pattern or its combination with others has more than {MostStates} states");

    private static int[] Close(Nfa nfa, IEnumerable<int> states, bool atStart, bool atEnd)
    {
        SortedSet<int> closure = [.. states];
        Stack<int> open = new(closure);
        while (open.TryPop(out int state))
        {
            foreach ((int to, Nfa.Gate gate) in nfa.Free[state])
            {
                bool isOpen = gate == Nfa.Gate.Always || (gate == Nfa.Gate.AtStart && atStart) || (gate == Nfa.Gate.AtEnd && atEnd);
                if (isOpen && closure.Add(to))
                    open.Push(to);
            }
        }
        return [.. closure];
    }

    /// <summary>Cuts the code points into segments that no edge tells apart, and these into classes.</summary>
    private static (int[] Starts, int[] Classes, int Count, List<int>[] OfEdge) Partition(Nfa nfa)
    {
        Dictionary<CharSet, List<int>> edgesOf = [];
        SortedSet<int> cuts = [0];
        for (int edge = 0; edge < nfa.Edges.Count; edge++)
        {
            CharSet set = nfa.Edges[edge].Set;
            if (!edgesOf.TryGetValue(set, out List<int>? edges))
            {
                edgesOf.Add(set, edges = []);
                for (int i = 0; i < set.Bounds.Length; i += 2)
                {
                    cuts.Add(set.Bounds[i]);
                    if (set.Bounds[i + 1] < CharSet.MaxCodePoint)
                        cuts.Add(set.Bounds[i + 1] + 1);
                }
            }
            edges.Add(edge);
        }
        int[] starts = [.. cuts];

        // Segments with the same sets are one class.
        List<int>[] setsOf = [.. starts.Select(static _ => new List<int>())];
        int number = 0;
        foreach (CharSet set in edgesOf.Keys)
        {
            for (int i = 0; i < set.Bounds.Length; i += 2)
                for (int segment = Array.BinarySearch(starts, set.Bounds[i]);
                    segment < starts.Length && starts[segment] <= set.Bounds[i + 1]; segment++)
                {
                    setsOf[segment].Add(number);
                }

            number++;
        }
        Dictionary<string, int> known = [];
        int[] classes = new int[starts.Length];
        for (int segment = 0; segment < starts.Length; segment++)
        {
            string key = string.Join(',', setsOf[segment]);
            if (!known.TryGetValue(key, out classes[segment]))
                known.Add(key, classes[segment] = known.Count);
        }
        List<int>[] ofEdge = new List<int>[nfa.Edges.Count];
        foreach ((CharSet set, List<int> edges) in edgesOf)
        {
            HashSet<int> reached = [];
            for (int i = 0; i < set.Bounds.Length; i += 2)
                for (int segment = Array.BinarySearch(starts, set.Bounds[i]);
                    segment < starts.Length && starts[segment] <= set.Bounds[i + 1]; segment++)
                {
                    reached.Add(classes[segment]);
                }

            List<int> list = [.. reached];
            foreach (int edge in edges)
                ofEdge[edge] = list;
        }
        return (starts, classes, known.Count, ofEdge);
    }

    private static (int[] Starts, int[] Classes, int Count, List<(int, int)> Pairs) Merge(Dfa a, Dfa b)
    {
        int[] starts = [.. a._segmentStarts.Union(b._segmentStarts).Order()];
        Dictionary<(int, int), int> known = [];
        List<(int, int)> pairs = [];
        int[] classes = new int[starts.Length];
        for (int i = 0; i < starts.Length; i++)
        {
            (int, int) pair = (a._segmentClasses[a.SegmentOf(starts[i])], b._segmentClasses[b.SegmentOf(starts[i])]);
            if (!known.TryGetValue(pair, out classes[i]))
            {
                known.Add(pair, classes[i] = pairs.Count);
                pairs.Add(pair);
            }
        }
        return (starts, classes, pairs.Count, pairs);
    }

    private int SegmentOf(int codePoint)
    {
        int at = Array.BinarySearch(_segmentStarts, codePoint);
        return at >= 0 ? at : ~at - 1;
    }

    private int[] FindShortest()
    {
        List<int>[] before = [.. Enumerable.Range(0, Count).Select(static _ => new List<int>())];
        for (int state = 0; state < Count; state++)
            for (int one = 0; one < Classes; one++)
                if (_next[state * Classes + one] is >= 0 and int next)
                    before[next].Add(state);
        int[] shortest = new int[Count];
        Array.Fill(shortest, int.MaxValue);
        Queue<int> open = new();
        for (int state = 0; state < Count; state++)
        {
            if (!_accepts[state])
                continue;
            shortest[state] = 0;
            open.Enqueue(state);
        }
        while (open.TryDequeue(out int state))
        {
            foreach (int earlier in before[state])
            {
                if (shortest[earlier] <= shortest[state] + 1)
                    continue;
                shortest[earlier] = shortest[state] + 1;
                open.Enqueue(earlier);
            }
        }
        return shortest;
    }

    private void Prune()
    {
        for (int i = 0; i < _next.Length; i++)
            if (_next[i] >= 0 && _shortest[_next[i]] == int.MaxValue)
                _next[i] = -1;
    }

    private bool FindDense()
    {
        // Where a step need not come nearer to nothing, all longer lengths follow by going on.
        for (int state = 0; state < Count; state++)
        {
            if (_shortest[state] == int.MaxValue)
                continue;
            bool goesOn = false;
            for (int one = 0; one < Classes && !goesOn; one++)
                goesOn = _next[state * Classes + one] is >= 0 and int next && _shortest[next] <= _shortest[state];
            if (!goesOn)
                return false;
        }
        return true;
    }
}
