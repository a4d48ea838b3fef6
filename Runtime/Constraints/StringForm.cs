using System;

namespace Llamalith.Constraints;

/// <summary>
/// The strings that a place in a JSON text takes, read byte by byte behind the opening quote: UTF-8 and escapes are decoded, an automaton
/// follows the
/// code points, and no byte is taken from which the string could not be ended well.
/// </summary>
internal sealed class StringForm : ScanForm
{
    private const int Plain = 0, AfterBackslash = 2, InHex = 3, AwaitBackslash = 4, AwaitU = 5, InLowHex = 6;
    private readonly bool _plainOnly;

    /// <summary>Makes one.</summary>
    /// <param name="dfa">The automaton, which is not empty.</param>
    /// <param name="min">Least code points.</param>
    /// <param name="max">Most code points; int.MaxValue for no limit. Where there are limits, the automaton is dense.</param>
    /// <param name="plainOnly">Whether escapes are only taken where JSON demands them.</param>
    public StringForm(Dfa dfa, int min, int max, bool plainOnly)
        : base(dfa)
    {
        Min = min;
        Max = max;
        _plainOnly = plainOnly;
    }

    public override int Min { get; }

    public override int Max { get; }

    public override ScanKind Kind => _plainOnly ? ScanKind.PlainJson : ScanKind.Json;

    public bool PlainOnly => _plainOnly;

    /// <summary>For the names of an object, which of them may still be there.</summary>
    public KeyGate? Gate { get; init; }

    public override ScanForm WithMax(int max) => new StringForm(Dfa, 0, max, _plainOnly);

    /// <inheritdoc/>
    public override Outcome Step(ref State state, byte b, out int codePoint)
    {
        codePoint = -1;
        switch (state.Mode)
        {
            case Plain:
                if (b == '"')
                    return Dfa.Accepts(state.Node) && state.Count >= Min ? Outcome.Closed : Outcome.Rejected;
                if (b == '\\')
                {
                    bool leads = _plainOnly
                        ? Leads(state, '"', '"') || Leads(state, '\\', '\\') || Leads(state, 0, 0x1F)
                        : Leads(state, 0, CharSet.MaxCodePoint);
                    if (!leads)
                        return Outcome.Rejected;
                    state.Mode = AfterBackslash;
                    return Outcome.Inside;
                }
                if (b < 0x20)
                    return Outcome.Rejected;
                if (b < 0x80)
                    return Take(ref state, b, out codePoint);
                return BeginUtf8(ref state, b);
            case InUtf8:
                return ContinueUtf8(ref state, b, out codePoint);
            case AfterBackslash:
                return Escape(ref state, b, out codePoint);
            case InHex:
                return Hex(ref state, b, out codePoint);
            case AwaitBackslash:
                if (b != '\\')
                    return Outcome.Rejected;
                state.Mode = AwaitU;
                return Outcome.Inside;
            case AwaitU:
                if (b != 'u')
                    return Outcome.Rejected;
                state.Mode = InLowHex;
                state.Digits = 0;
                return Outcome.Inside;
            default:
                return LowHex(ref state, b, out codePoint);
        }
    }

    private bool Leads(in State state, int first, int last) =>
        state.Count < Max && Dfa.LeadsOn(state.Node, first, last, Max - state.Count - 1, Gate);

    private Outcome Take(ref State state, int codePoint, out int taken)
    {
        taken = codePoint;
        int next = Dfa.Next(state.Node, codePoint);
        if (next < 0 || state.Count >= Max || Dfa.Shortest(next) > Max - state.Count - 1 || Gate?.Allows(next) == false)
            return Outcome.Rejected;

        // Where nothing asks for it, strings are one however long.
        int count = Max != int.MaxValue || state.Count < Min ? state.Count + 1 : state.Count;
        state = new State { Node = next, Count = count };
        return Outcome.Inside;
    }

    private Outcome BeginUtf8(ref State state, byte b)
    {
        (int length, int value) = b switch
        {
            >= 0xC2 and <= 0xDF => (1, b & 0x1F),
            >= 0xE0 and <= 0xEF => (2, b & 0x0F),
            >= 0xF0 and <= 0xF4 => (3, b & 0x07),
            _ => (0, 0),
        };
        if (length == 0)
            return Outcome.Rejected;
        return Pending(ref state, value, length);
    }

    private Outcome ContinueUtf8(ref State state, byte b, out int codePoint)
    {
        codePoint = -1;
        if ((b & 0xC0) != 0x80)
            return Outcome.Rejected;
        int value = state.Value << 6 | b & 0x3F;
        if (state.Digits > 1)
            return Pending(ref state, value, state.Digits - 1);
        return value is >= 0xD800 and < 0xE000 ? Outcome.Rejected : Take(ref state, value, out codePoint);
    }

    /// <summary>A character of which so many bytes are still to come.</summary>
    private Outcome Pending(ref State state, int value, int left)
    {
        int first = value << (6 * left), last = first | (1 << (6 * left)) - 1;

        // No overlong form, no surrogate, nothing above the last code point.
        int total = state.Mode == InUtf8 ? state.Total : left;
        int least = total switch { 1 => 0x80, 2 => 0x800, _ => 0x10000 };
        first = Math.Max(first, least);
        last = Math.Min(last, CharSet.MaxCodePoint);
        if (first > last)
            return Outcome.Rejected;
        bool leads = first < 0xD800 && last > 0xDFFF ? Leads(state, first, 0xD7FF) || Leads(state, 0xE000, last)
            : first >= 0xD800 && last <= 0xDFFF ? false
            : Leads(state, first is >= 0xD800 and <= 0xDFFF ? 0xE000 : first, last is >= 0xD800 and <= 0xDFFF ? 0xD7FF : last);
        if (!leads)
            return Outcome.Rejected;
        state.Mode = InUtf8;
        state.Total = (byte)total;
        state.Value = value;
        state.Digits = (byte)left;
        return Outcome.Inside;
    }

    private Outcome Escape(ref State state, byte b, out int codePoint)
    {
        codePoint = -1;
        int meant = b switch
        {
            (byte)'"' => '"',
            (byte)'\\' => '\\',
            (byte)'/' when !_plainOnly => '/',
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            (byte)'n' => '\n',
            (byte)'r' => '\r',
            (byte)'t' => '\t',
            _ => -1,
        };
        if (meant >= 0)
            return Take(ref state, meant, out codePoint);
        if (b != 'u' || !(_plainOnly ? Leads(state, 0, 0x1F) : Leads(state, 0, CharSet.MaxCodePoint)))
            return Outcome.Rejected;
        state.Mode = InHex;
        state.Value = 0;
        state.Digits = 0;
        return Outcome.Inside;
    }

    private Outcome Hex(ref State state, byte b, out int codePoint)
    {
        codePoint = -1;
        int digit = HexDigit(b);
        if (digit < 0)
            return Outcome.Rejected;
        int value = state.Value << 4 | digit, left = 3 - state.Digits;
        if (left == 0)
        {
            if (value is >= 0xDC00 and < 0xE000)
                return Outcome.Rejected;
            if (value is < 0xD800 or >= 0xE000)
                return Take(ref state, value, out codePoint);
            int from = 0x10000 + ((value - 0xD800) << 10);
            if (!Leads(state, from, from + 0x3FF))
                return Outcome.Rejected;
            state.Mode = AwaitBackslash;
            state.Value = value;
            state.Digits = 0;
            return Outcome.Inside;
        }
        int first = value << (4 * left), last = first | (1 << (4 * left)) - 1;
        bool leads = _plainOnly ? first <= 0x1F && Leads(state, first, Math.Min(last, 0x1F))
            : (first < 0xD800 && Leads(state, first, Math.Min(last, 0xD7FF)))
            || (last > 0xDFFF && Leads(state, Math.Max(first, 0xE000), last))
            || (first <= 0xDBFF && last >= 0xD800 && LeadsBeyond(state, Math.Max(first, 0xD800), Math.Min(last, 0xDBFF)));
        if (!leads)
            return Outcome.Rejected;
        state.Value = value;
        state.Digits++;
        return Outcome.Inside;
    }

    private bool LeadsBeyond(in State state, int firstHigh, int lastHigh) =>
        Leads(state, 0x10000 + ((firstHigh - 0xD800) << 10), 0x10000 + ((lastHigh - 0xD800) << 10) + 0x3FF);

    private Outcome LowHex(ref State state, byte b, out int codePoint)
    {
        codePoint = -1;
        int digit = HexDigit(b);
        if (digit < 0)
            return Outcome.Rejected;

        // The high surrogate lies above the digits of the low one.
        int high = state.Digits == 0 ? state.Value : (int)((uint)state.Value >> 16);
        int value = (state.Digits == 0 ? 0 : state.Value & 0xFFFF) << 4 | digit, left = 3 - state.Digits;
        int first = value << (4 * left), last = first | (1 << (4 * left)) - 1;
        first = Math.Max(first, 0xDC00);
        last = Math.Min(last, 0xDFFF);
        if (first > last)
            return Outcome.Rejected;
        int origin = 0x10000 + ((high - 0xD800) << 10) - 0xDC00;
        if (left == 0)
            return Take(ref state, origin + value, out codePoint);
        if (!Leads(state, origin + first, origin + last))
            return Outcome.Rejected;
        state.Value = high << 16 | value;
        state.Digits++;
        return Outcome.Inside;
    }

    private static int HexDigit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };
}
