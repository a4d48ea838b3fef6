namespace Llamalith.Constraints;

/// <summary>A whole text in an automaton's language, as UTF-8.</summary>
internal sealed class TextForm(Dfa dfa) : ScanForm(dfa)
{
    public override int Min => 0;

    public override int Max => int.MaxValue;

    public override ScanKind Kind => ScanKind.Text;

    /// <summary>Itself: lengths of whole texts are the automaton's.</summary>
    public override ScanForm WithMax(int max) => this;

    /// <inheritdoc/>
    public override Outcome Step(ref State state, byte b, out int codePoint)
    {
        codePoint = -1;
        if (!Utf8Step.Take(ref state, b, out codePoint, out int first, out int last))
            return Outcome.Rejected;
        if (codePoint < 0)
            return Utf8Step.LeadsOn(Dfa, state.Node, first, last) ? Outcome.Inside : Outcome.Rejected;
        int next = Dfa.Next(state.Node, codePoint);
        if (next < 0)
            return Outcome.Rejected;
        state = new State { Node = next };
        return Outcome.Inside;
    }
}
