using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Grammars;

/// <summary>A place within a rule: what may come, characters or other rules, and whether the rule may end.</summary>
internal sealed class GrammarState
{
    public List<(CharSet Set, GrammarState Next)> Chars { get; } = [];

    public List<(GrammarRule Rule, GrammarState Next)> Calls { get; } = [];

    public List<GrammarState> Free { get; } = [];

    public bool IsEnd { get; set; }
}

/// <summary>A rule.</summary>
internal sealed class GrammarRule(string name)
{
    public string Name => name;

    public GrammarState Start { get; } = new();

    public bool IsDefined { get; set; }
}

/// <summary>Where the rules around the present one go on. Equal stacks are one object.</summary>
internal sealed class GrammarStack(GrammarState next, GrammarStack? rest)
{
    private readonly Dictionary<GrammarState, GrammarStack> _pushed = [];

    public GrammarState Next => next;

    public GrammarStack? Rest => rest;

    public GrammarStack Push(GrammarState state)
    {
        lock (_pushed)
        {
            if (!_pushed.TryGetValue(state, out GrammarStack? pushed))
                _pushed.Add(state, pushed = new GrammarStack(state, this));
            return pushed;
        }
    }
}

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

/// <summary>Before a character within a rule, or within one in UTF-8.</summary>
internal sealed class GrammarConfig(GrammarState state, GrammarStack stack, ScanForm.State utf8) : MatchConfig
{
    public override bool CanEnd => utf8.IsBetween && state.IsEnd && stack.Rest is null;

    public override bool CanGoOn => state.Chars.Count > 0;

    public override void Step(byte b, List<MatchConfig> next)
    {
        ScanForm.State after = utf8;
        if (!Utf8Step.Take(ref after, b, out int codePoint, out int first, out int last))
            return;
        if (codePoint < 0)
        {
            foreach ((CharSet set, _) in state.Chars)
            {
                if (!Overlaps(set, first, last))
                    continue;
                next.Add(new GrammarConfig(state, stack, after));
                return;
            }
            return;
        }
        foreach ((CharSet set, GrammarState to) in state.Chars)
            if (set.Contains(codePoint))
                Grammar.Close(to, stack, next);
    }

    public override bool IsSame(MatchConfig other) => other is GrammarConfig config && config.Is(state, stack, utf8);

    private static bool Overlaps(CharSet set, int first, int last)
    {
        ReadOnlySpan<int> bounds = set.Bounds;
        for (int i = 0; i < bounds.Length; i += 2)
        {
            int from = Math.Max(bounds[i], first), to = Math.Min(bounds[i + 1], last);
            if (from <= to && !(from >= 0xD800 && to <= 0xDFFF))
                return true;
        }
        return false;
    }

    private bool Is(GrammarState otherState, GrammarStack otherStack, ScanForm.State otherUtf8) => otherState == state && otherStack == stack && otherUtf8.Equals(utf8);
}
