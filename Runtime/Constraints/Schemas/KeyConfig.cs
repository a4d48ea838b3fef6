using System;
using System.Collections.Generic;
using System.Text;

namespace Llamalith.Constraints.Schemas;

/// <summary>Within a name.</summary>
internal sealed class KeyConfig(JsonFrame frame, KeyGate gate, StringForm form, ScanForm.State state, string text, bool plainOnly)
    : MatchConfig, IScan
{
    public override bool CanEnd => false;

    public JsonFrame Frame => frame;

    public KeyForm Keys => frame.Object!.Keys!;

    public StringForm Form => form;

    ScanForm IScan.Form => form;

    public ScanForm.State State => state;

    /// <summary>The characters that are complete.</summary>
    public string Text => text;

    // As long as names that nobody mentioned do not run out, which names were there matters at the end alone.
    public bool CanBeKept => gate.AllowsOthers && (Keys.OthersAreEndless || (Keys.OthersAreEverywhere && frame.CountOthers(text) == 0));

    public override void Step(byte b, List<MatchConfig> next)
    {
        ScanForm.State after = state;
        switch (form.Step(ref after, b, out int codePoint))
        {
            case ScanForm.Outcome.Inside:
                string grown = codePoint < 0 ? text : text + new Rune(codePoint);
                if (!IsStuck(after.Node, grown))
                    next.Add(new KeyConfig(frame, gate, form, after, grown, plainOnly));
                break;
            case ScanForm.Outcome.Closed:
                EndAs(Keys.LabelOf(state.Node), "", next);
                break;
        }
    }

    public void End(int node, ReadOnlySpan<byte> path, List<MatchConfig> next) =>
        EndAs(Keys.LabelOf(node), path.IsEmpty ? "" : Decode(path), next);

    /// <summary>The ways on where the name ends.</summary>
    /// <param name="label">Which name it is, as the names' automaton says.</param>
    /// <param name="rest">Its characters behind those that are there.</param>
    /// <param name="next">Gets the ways.</param>
    public void EndAs(int label, string rest, List<MatchConfig> next)
    {
        if (label >= 0)
        {
            if (gate.AllowsName(label))
                next.Add(JsonConfig.Named(frame.WithName(label), frame.Object!.Names[label].Value, plainOnly));
        }
        else if (label != Dfa.NoLabel && gate.AllowsOthers && !frame.HasOther(text + rest))
        {
            next.Add(JsonConfig.Named(frame.WithOther(text + rest), frame.Object!.Others[-1 - label], plainOnly));
        }
    }

    /// <summary>The ways on behind a name that nobody mentioned, whichever it is.</summary>
    /// <param name="label">What the names' automaton says of it.</param>
    /// <param name="doubt">Is raised where it matters on some way which name it is.</param>
    /// <param name="next">Gets the ways.</param>
    public void EndOther(int label, NameDoubt doubt, List<MatchConfig> next)
    {
        if (gate.AllowsOthers)
            next.Add(JsonConfig.Named(frame.WithOther(doubt), frame.Object!.Others[-1 - label], plainOnly));
    }

    public override bool IsSame(MatchConfig other) => other is KeyConfig config && config.Is(frame, state, text);

    /// <summary>Whether only names can come of it that were there already.</summary>
    private bool IsStuck(int node, string grown) =>
        gate.AllowsOthers && Keys.OthersFrom(node) is < int.MaxValue and int left && !gate.ReachesName(node)
            && frame.CountOthers(grown) >= left;

    private string Decode(ReadOnlySpan<byte> path)
    {
        StringBuilder decoded = new();
        ScanForm.State at = state;
        foreach (byte b in path)
        {
            form.Step(ref at, b, out int codePoint);
            if (codePoint >= 0)
                decoded.Append(new Rune(codePoint).ToString());
        }
        return decoded.ToString();
    }

    private bool Is(JsonFrame otherFrame, ScanForm.State otherState, string otherText) =>
        otherFrame == frame && otherState.Equals(state) && otherText == text;
}
