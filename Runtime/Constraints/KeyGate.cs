using System;
using Llamalith.Constraints.Schemas;

namespace Llamalith.Constraints;

/// <summary>Which names an object may still get, as a condition on the states of its names' automaton.</summary>
internal sealed class KeyGate(KeyForm keys, ulong[] allowed, bool allowsOthers)
{
    /// <summary>Whether names that nobody mentioned may come.</summary>
    public bool AllowsOthers => allowsOthers;

    public bool IsOpen => keys.Dfa.Count > 0 && !keys.Dfa.IsEmpty && Allows(0);

    public bool AllowsName(int name) => (allowed[name / 64] >> name & 1) != 0;

    public bool Allows(int state) => (allowsOthers && keys.OthersFrom(state) > 0) || ReachesName(state);

    /// <summary>Whether a state can still become a mentioned name that may come.</summary>
    public bool ReachesName(int state)
    {
        ReadOnlySpan<ulong> reach = keys.Reach(state);
        for (int i = 0; i < reach.Length; i++)
            if ((reach[i] & allowed[i]) != 0)
                return true;
        return false;
    }
}
