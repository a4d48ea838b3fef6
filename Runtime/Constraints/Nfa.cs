using System.Collections.Generic;

namespace Llamalith.Constraints;

/// <summary>An automaton over code points, with steps that read nothing and such as are open only at the beginning or the end.</summary>
internal sealed class Nfa
{
    private const int MostStates = 60_000;

    public List<(int From, CharSet Set, int To)> Edges { get; } = [];

    public List<List<(int To, Gate Gate)>> Free { get; } = [];

    public List<List<int>> EdgesFrom { get; } = [];

    public int Count => Free.Count;

    /// <summary>When a step that reads nothing may be taken.</summary>
    public enum Gate
    {
        Always,
        AtStart,
        AtEnd,
    }

    public int AddState()
    {
        if (Count == MostStates)
            throw new ConstraintException("pattern too large", $"a pattern asks for more than {MostStates} states");
        Free.Add([]);
        EdgesFrom.Add([]);
        return Count - 1;
    }

    public void AddFree(int from, int to, Gate gate = Gate.Always) => Free[from].Add((to, gate));

    public void AddEdge(int from, CharSet set, int to)
    {
        EdgesFrom[from].Add(Edges.Count);
        Edges.Add((from, set, to));
    }
}
