using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Constraints.Schemas;

/// <summary>The names of an object as an automaton, whose states know which names they can still become.</summary>
internal sealed class KeyForm
{
    private readonly int[] _labels;
    private readonly ulong[][] _reach;
    private readonly int[] _othersFrom;

    public KeyForm(ObjectForm form)
    {
        Dfa words = form.Names.Count > 0 ? Dfa.OfWords(form.Names.Select(static name => name.Name)) : Dfa.Nothing;
        Dictionary<int, int> nameOf = [];
        for (int i = 0; i < form.Names.Count; i++)
            nameOf[words.StateAfter(form.Names[i].Name)] = i;
        List<Dfa> parts = [words, .. form.NamePatterns, .. form.Patterns];
        Dfa = Dfa.Product(parts, Label, out _labels);
        _reach = new ulong[Dfa.Count][];
        FindReach(form.Names.Count);
        _othersFrom = CountOthers();
        OthersAreEndless = Array.TrueForAll(_othersFrom, static count => count == int.MaxValue);
        OthersAreEverywhere = Array.TrueForAll(_othersFrom, static count => count > 0);
        FreeState = OthersAreEndless && Dfa.IsComplete ? Array.FindIndex(_labels, static label => label == -1) : -1;
        while (FreeState >= 0 && !Dfa.IsSink(FreeState))
            FreeState = Array.FindIndex(_labels, FreeState + 1, static label => label == -1);

        int Label(int[] states)
        {
            if (states[0] >= 0 && words.Accepts(states[0]))
                return form.Names[nameOf[states[0]]].Value.IsPossible && NameIsAllowed(states) ? nameOf[states[0]] : Dfa.NoLabel;
            if (!NameIsAllowed(states))
                return Dfa.NoLabel;
            int mask = 0;
            for (int i = 0; i < form.Patterns.Count; i++)
            {
                int state = states[1 + form.NamePatterns.Count + i];
                mask |= state >= 0 && form.Patterns[i].Accepts(state) ? 1 << i : 0;
            }
            return form.Others.TryGetValue(mask, out Demand? demand) && demand.IsPossible ? -1 - mask : Dfa.NoLabel;
        }

        bool NameIsAllowed(int[] states)
        {
            for (int i = 0; i < form.NamePatterns.Count; i++)
                if (states[1 + i] < 0 || !form.NamePatterns[i].Accepts(states[1 + i]))
                    return false;
            return true;
        }
    }

    public Dfa Dfa { get; }

    /// <summary>Whether from each state names that nobody mentioned can be reached without end.</summary>
    public bool OthersAreEndless { get; }

    /// <summary>Whether from each state some name that nobody mentioned can be reached.</summary>
    public bool OthersAreEverywhere { get; }

    /// <summary>The state of all names that can no longer become a mentioned one, where all of those are free; else -1.</summary>
    public int FreeState { get; }

    /// <summary>A mentioned name's number; for another one -1 minus the patterns that it meets.</summary>
    public int LabelOf(int state) => _labels[state];

    /// <summary>How many names that nobody mentioned a state can still become; int.MaxValue for very many.</summary>
    public int OthersFrom(int state) => _othersFrom[state];

    /// <summary>The mentioned names that a state can still become.</summary>
    public ReadOnlySpan<ulong> Reach(int state) => _reach[state];

    private void FindReach(int names)
    {
        int words = (names + 63) / 64;
        for (int state = 0; state < Dfa.Count; state++)
        {
            _reach[state] = new ulong[words];
            if (_labels[state] >= 0)
                _reach[state][_labels[state] / 64] |= 1ul << _labels[state];
        }

        // Names are found from the longest back.
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int state = Dfa.Count - 1; state >= 0; state--)
            {
                foreach (int next in Dfa.Successors(state))
                {
                    if (next == state)
                        continue;
                    for (int i = 0; i < words; i++)
                    {
                        ulong both = _reach[state][i] | _reach[next][i];
                        changed |= both != _reach[state][i];
                        _reach[state][i] = both;
                    }
                }
            }
        }
    }

    private int[] CountOthers()
    {
        List<int>[] before = [.. Enumerable.Range(0, Dfa.Count).Select(static _ => new List<int>())];
        int[] open = new int[Dfa.Count];
        for (int state = 0; state < Dfa.Count; state++)
        {
            foreach (int next in Dfa.Successors(state))
            {
                before[next].Add(state);
                open[state]++;
            }
        }

        // From the ends back; what lies on or before a circle is left over, and has no end of names if it has any.
        int[] counts = new int[Dfa.Count];
        Array.Fill(counts, int.MaxValue);
        Queue<int> ready = new(Enumerable.Range(0, Dfa.Count).Where(state => open[state] == 0));
        while (ready.TryDequeue(out int state))
        {
            long count = _labels[state] < 0 && _labels[state] != Dfa.NoLabel ? 1 : 0;
            foreach ((int next, int ways) in Dfa.Steps(state))
                count = Math.Min(count + ((long)counts[next] * ways), int.MaxValue);
            counts[state] = (int)count;
            foreach (int earlier in before[state])
                if (--open[earlier] == 0)
                    ready.Enqueue(earlier);
        }
        return counts;
    }
}
