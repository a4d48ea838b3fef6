using System;

namespace Llamalith.Constraints;

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
            (int left, int bits) = b switch
            {
                >= 0xC2 and <= 0xDF => (1, b & 0x1F),
                >= 0xE0 and <= 0xEF => (2, b & 0x0F),
                >= 0xF0 and <= 0xF4 => (3, b & 0x07),
                _ => (0, 0),
            };
            state.Digits = state.Total = (byte)left;
            state.Value = bits;
            state.Mode = ScanForm.InUtf8;
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

    /// <summary>The characters that one under way can become, where each way to go on with bytes of its kind leads to one.</summary>
    public static bool TryRange(in ScanForm.State state, out int first, out int last)
    {
        int bits = 6 * state.Digits;
        first = state.Value << bits;
        last = first | (1 << bits) - 1;
        int least = state.Total switch { 1 => 0x80, 2 => 0x800, _ => 0x10000 };
        return first >= least && last <= CharSet.MaxCodePoint && (last < 0xD800 || first > 0xDFFF);
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
