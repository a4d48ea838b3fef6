using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Constraints.Schemas;

/// <summary>The names of an object as an automaton, whose states know which names they can still become.</summary>
internal sealed class KeyForm
{
    private readonly int[] _labels;
    private readonly ulong[][] _reach;
    private readonly bool[] _reachesOthers;

    public KeyForm(ObjectForm form)
    {
        Dfa words = form.Names.Count > 0 ? Dfa.OfWords(form.Names.Select(static name => name.Name)) : Dfa.Nothing;
        Dictionary<int, int> nameOf = [];
        for (int i = 0; i < form.Names.Count; i++)
            nameOf[words.StateAfter(form.Names[i].Name)] = i;
        List<Dfa> parts = [words, .. form.NamePatterns, .. form.Patterns];
        Dfa = Dfa.Product(parts, Label, out _labels);
        _reach = new ulong[Dfa.Count][];
        _reachesOthers = new bool[Dfa.Count];
        FindReach(form.Names.Count);
        OthersEverywhere = Array.TrueForAll(_reachesOthers, static reaches => reaches);

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

    /// <summary>Whether from each state a name that nobody mentioned can be reached.</summary>
    public bool OthersEverywhere { get; }

    /// <summary>A mentioned name's number; for another one -1 minus the patterns that it meets.</summary>
    public int LabelOf(int state) => _labels[state];

    public bool ReachesOthers(int state) => _reachesOthers[state];

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
            _reachesOthers[state] = _labels[state] < 0 && _labels[state] != Dfa.NoLabel;
        }

        // Names are found from the longest back, other names in a few rounds.
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int state = Dfa.Count - 1; state >= 0; state--)
            {
                foreach (int next in Dfa.Successors(state))
                {
                    if (next == state)
                        continue;
                    if (_reachesOthers[next] && !_reachesOthers[state])
                        changed = _reachesOthers[state] = true;
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
}
