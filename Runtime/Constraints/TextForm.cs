using System;

namespace Llamalith.Constraints;

/// <summary>A whole text in an automaton's language, as UTF-8.</summary>
internal sealed class TextForm(Dfa dfa) : ScanForm(dfa)
{
    public override int Min => 0;

    public override int Max => int.MaxValue;

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

/// <summary>UTF-8, byte by byte.</summary>
internal static class Utf8Step
{
    /// <summary>Takes a byte; where the character is not complete, says which ones it can become.</summary>
    public static bool Take(ref ScanForm.State state, byte b, out int codePoint, out int first, out int last)
    {
        codePoint = -1;
        (first, last) = (0, -1);
        if (state.Digits == 0)
        {
            if (b < 0x80)
            {
                codePoint = b;
                return true;
            }
            (int left, int bits) = b switch { >= 0xC2 and <= 0xDF => (1, b & 0x1F), >= 0xE0 and <= 0xEF => (2, b & 0x0F), >= 0xF0 and <= 0xF4 => (3, b & 0x07), _ => (0, 0) };
            state.Digits = state.Total = (byte)left;
            state.Value = bits;
            state.Mode = 1;
            return left > 0 && Range(state, out first, out last);
        }
        if ((b & 0xC0) != 0x80)
            return false;
        state.Value = state.Value << 6 | b & 0x3F;
        state.Digits--;
        if (state.Digits > 0)
            return Range(state, out first, out last);
        codePoint = state.Value;
        state.Mode = 0;
        return codePoint is < 0xD800 or > 0xDFFF and <= CharSet.MaxCodePoint;
    }

    /// <summary>Whether a character of a range that is no surrogate leads on.</summary>
    public static bool LeadsOn(Dfa dfa, int node, int first, int last) =>
        (first < 0xD800 && dfa.LeadsOn(node, first, Math.Min(last, 0xD7FF), int.MaxValue))
        || (last > 0xDFFF && dfa.LeadsOn(node, Math.Max(first, 0xE000), last, int.MaxValue));

    private static bool Range(in ScanForm.State state, out int first, out int last)
    {
        int least = state.Total switch { 1 => 0x80, 2 => 0x800, _ => 0x10000 };
        first = Math.Max(state.Value << (6 * state.Digits), least);
        last = Math.Min(state.Value << (6 * state.Digits) | (1 << (6 * state.Digits)) - 1, CharSet.MaxCodePoint);
        return first <= last && !(first >= 0xD800 && last <= 0xDFFF);
    }
}
