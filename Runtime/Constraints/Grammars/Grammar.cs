using System.Collections.Generic;

namespace Llamalith.Constraints.Grammars;

/// <summary>A compiled grammar.</summary>
internal sealed class Grammar(GrammarRule root)
{
    private const int MostWays = 10_000;

    // What is under the first rule: nothing.
    private readonly GrammarStack _bottom = new(new GrammarState { IsEnd = true }, null);

    public IEnumerable<MatchConfig> Start()
    {
        List<MatchConfig> ways = [];
        Close(root.Start, _bottom, ways);
        return ways;
    }

    /// <summary>Adds the ways on from a place: on to all characters that may come, in and out of rules.</summary>
    public static void Close(GrammarState start, GrammarStack stack, List<MatchConfig> ways)
    {
        HashSet<(GrammarState, GrammarStack)> known = [(start, stack)];
        Stack<(GrammarState State, GrammarStack Stack)> open = new(known);
        while (open.TryPop(out (GrammarState State, GrammarStack Stack) at))
        {
            (GrammarState state, GrammarStack around) = at;
            if (known.Count > MostWays)
                throw new ConstraintException("an ambiguous grammar", $"the grammar allows more than {MostWays} readings of one text");
            if (state.Chars.Count > 0 || (state.IsEnd && around.Rest is null))
                MatchConfig.Add(ways, new GrammarConfig(state, around, default));
            foreach (GrammarState free in state.Free)
                Push(free, around);

            // What ends with a call goes on where the caller does.
            foreach ((GrammarRule rule, GrammarState next) in state.Calls)
                Push(rule.Start, IsOnlyEnd(next) && around.Rest is not null ? around : around.Push(next));
            if (state.IsEnd && around.Rest is not null)
                Push(around.Next, around.Rest);
        }

        void Push(GrammarState state, GrammarStack around)
        {
            if (known.Add((state, around)))
                open.Push((state, around));
        }
    }

    private static bool IsOnlyEnd(GrammarState state)
    {
        while (state is { IsEnd: false, Chars.Count: 0, Calls.Count: 0, Free.Count: 1 })
            state = state.Free[0];
        return state is { IsEnd: true, Chars.Count: 0, Calls.Count: 0, Free.Count: 0 };
    }
}
