using System;
using System.Collections.Generic;

namespace Llamalith.Constraints;

/// <summary>Within a text that an automaton follows as a whole.</summary>
internal sealed class TextConfig(TextForm form, ScanForm.State state) : MatchConfig, IScan
{
    public override bool CanEnd => state.IsBetween && form.Dfa.Accepts(state.Node);

    public ScanForm Form => form;

    public ScanForm.State State => state;

    public bool CanBeKept => true;

    public override void Step(byte b, List<MatchConfig> next)
    {
        ScanForm.State after = state;
        if (form.Step(ref after, b, out _) == ScanForm.Outcome.Inside)
            next.Add(new TextConfig(form, after));
    }

    public void End(int node, ReadOnlySpan<byte> path, List<MatchConfig> next)
    {
    }

    public override bool IsSame(MatchConfig other) => other is TextConfig text && text.State.Equals(state);
}
