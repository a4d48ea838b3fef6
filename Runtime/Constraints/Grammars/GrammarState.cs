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
