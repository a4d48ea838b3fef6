using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Schemas;

/// <summary>Within a string.</summary>
internal sealed class StringConfig(StringForm form, ScanForm.State state, JsonFrame? frame, bool plainOnly) : MatchConfig, IScan
{
    public override bool CanEnd => false;

    public ScanForm Form => form;

    public ScanForm.State State => state;

    public bool CanBeKept => true;

    public override void Step(byte b, List<MatchConfig> next)
    {
        ScanForm.State after = state;
        switch (form.Step(ref after, b, out _))
        {
            case ScanForm.Outcome.Inside:
                next.Add(new StringConfig(form, after, frame, plainOnly));
                break;
            case ScanForm.Outcome.Closed:
                Add(next, JsonConfig.Ended(frame, plainOnly));
                break;
        }
    }

    public void End(int node, ReadOnlySpan<byte> path, List<MatchConfig> next) => next.Add(JsonConfig.Ended(frame, plainOnly));

    public override bool IsSame(MatchConfig other) => other is StringConfig config && config.Is(form, state, frame);

    private bool Is(StringForm otherForm, ScanForm.State otherState, JsonFrame? otherFrame) =>
        otherForm == form && otherState.Equals(state) && otherFrame == frame;
}
