using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Constraints;

/// <summary>
/// The numbers that a place in a JSON text takes, read character by character: none is taken from which no such number could be completed.
/// </summary>
internal sealed class NumberForm
{
    private const int MostNotDivisors = 8;

    // No exponents beyond these are tried where there are bounds.
    private const int MostExponent = 64;

    /// <summary>Whether only integers count; 1.0 and 1e2 are some.</summary>
    public bool IsInteger { get; init; }

    /// <summary>Whether integers must be written as such: in draft 4, 1.0 is none.</summary>
    public bool IsWrittenAsInteger { get; init; }

    /// <summary>Whether integers do not count.</summary>
    public bool IsFraction { get; init; }

    public ExactNumber? Least { get; init; }

    public bool LeastIsOut { get; init; }

    public ExactNumber? Most { get; init; }

    public bool MostIsOut { get; init; }

    /// <summary>What the number must be a multiple of.</summary>
    public IReadOnlyList<ExactNumber> Divisors { get; init; } = [];

    /// <summary>What it must be no multiple of.</summary>
    public IReadOnlyList<ExactNumber> NotDivisors { get; init; } = [];

    /// <summary>The only numbers that count; null for any.</summary>
    public IReadOnlyList<ExactNumber>? Only { get; init; }

    /// <summary>Numbers that do not count.</summary>
    public IReadOnlyList<ExactNumber> Not { get; init; } = [];

    /// <summary>Whether only the shortest forms are taken: no exponents, no trailing zeros, no -0.</summary>
    public bool PlainOnly { get; init; }

    // Among so many multiples in a row there is one that is no exception, and no multiple of what it must not be.
    private int MostTries => NotDivisors.Count <= MostNotDivisors
        ? ((Not.Count + 1) << NotDivisors.Count) - 1
        : throw new ConstraintException("many negated multipleOf", $"more than {MostNotDivisors} negations of multipleOf for one number");

    // Where only integers limit it, they are compared as such.
    private IntegerRange? Range =>
        field ??= Divisors.Count > 0 || NotDivisors.Count > 0 || Only is not null || Not.Count > 0 || IsFraction || PlainOnly
        ? null
        : IntegerRange.Of(Least, LeastIsOut, Most, MostIsOut);

    /// <summary>Whether nothing limits its value.</summary>
    public bool IsFree => Least is null && Most is null && Divisors.Count == 0 && NotDivisors.Count == 0 && Only is null && Not.Count == 0;

    /// <summary>What else is asked of it, as one number.</summary>
    public int Traits => (IsInteger ? 1 : 0) | (IsWrittenAsInteger ? 2 : 0) | (IsFraction ? 4 : 0) | (PlainOnly ? 8 : 0);

    /// <summary>Whether a byte can be part of a number.</summary>
    public static bool IsPart(byte b) =>
        b is (>= (byte)'0' and <= (byte)'9') or (byte)'.' or (byte)'-' or (byte)'+' or (byte)'e' or (byte)'E';

    /// <summary>Something that may go on in the same ways as a number's beginning, and is short where no limit matters any more.</summary>
    public string Shortened(string text)
    {
        if (Divisors.Count > 0 || NotDivisors.Count > 0 || Only is not null || Not.Count > 0)
            return text;
        ReadOnlySpan<char> digits = text.StartsWith('-') ? text.AsSpan(1) : text;
        if (digits.IndexOfAnyExceptInRange('0', '9') < 0)
        {
            if (digits.IsEmpty || digits[0] == '0')
                return text;
            bool isNegative = digits.Length < text.Length;
            if (isNegative ? !IsOpenBelow() : !IsOpenAbove())
                return text;

            // Zeros at the end let an integer have a negative exponent.
            int zeros = IsInteger ? digits.Length - digits.TrimEnd('0').Length : 0;
            return (isNegative ? "-1" : "1") + new string('0', zeros);
        }
        int point = text.IndexOf('.', StringComparison.Ordinal);
        bool isFraction = IsFree && !IsInteger && !IsFraction && point >= 0 && text.AsSpan(point + 1).IndexOfAnyExceptInRange('0', '9') < 0;
        return !isFraction ? text : point + 1 == text.Length ? "1." : text[^1] == '0' ? "1.0" : "1.1";

        bool IsOpenAbove() =>
            Most is null && (Least is not { } least || least.Mantissa.Sign <= 0
                || (IsInteger && !LeastIsOut && least.CompareTo(new ExactNumber(1, 0)) <= 0));

        bool IsOpenBelow() =>
            Least is null && (Most is not { } most || most.Mantissa.Sign >= 0
                || (IsInteger && !MostIsOut && most.CompareTo(new ExactNumber(-1, 0)) >= 0));
    }

    /// <summary>Whether there is any such number.</summary>
    public bool IsPossible() => Exists("") || Exists("-");

    /// <summary>Whether a text is a whole number of this kind.</summary>
    public bool IsWhole(string text)
    {
        if (text.Length == 0 || !char.IsAsciiDigit(text[^1]))
            return false;
        if (PlainOnly && (text == "-0" || (text.Contains('.', StringComparison.Ordinal) && text[^1] == '0')))
            return false;
        if (!IsInteger && !IsFraction && IsFree)
            return true;
        return !TryRead(text, out ExactNumber number) || Holds(number);
    }

    /// <summary>Whether a character can stand after some of a number.</summary>
    public bool CanFollow(string text, byte next)
    {
        if (!IsGrammatical(text, next) || (IsWrittenAsInteger && next is ((byte)'.' or (byte)'e' or (byte)'E')))
            return false;
        if (!IsInteger && !IsFraction && IsFree && !PlainOnly)
            return true;
        string grown = text + (char)next;
        int e = grown.AsSpan().IndexOfAny('e', 'E');
        if (e >= 0)
            return CanEndInExponent(grown, e);
        int point = grown.IndexOf('.', StringComparison.Ordinal);
        if (IsInteger && point >= 0)
            return !PlainOnly && grown.AsSpan(point + 1).IndexOfAnyExcept('0') < 0 && IsWhole(grown[..point]);
        return Exists(grown);
    }

    /// <summary>The grammar of JSON's numbers.</summary>
    private static bool IsGrammatical(string text, byte next)
    {
        char last = text.Length > 0 ? text[^1] : '\0';
        bool hasExponent = text.AsSpan().IndexOfAny('e', 'E') >= 0, hasPoint = text.Contains('.', StringComparison.Ordinal);
        bool zeroAlone = text is "0" or "-0";
        return next switch
        {
            >= (byte)'0' and <= (byte)'9' => !zeroAlone,
            (byte)'-' => text.Length == 0 || last is 'e' or 'E',
            (byte)'+' => last is 'e' or 'E',
            (byte)'.' => char.IsAsciiDigit(last) && !hasPoint && !hasExponent,
            (byte)'e' or (byte)'E' => char.IsAsciiDigit(last) && !hasExponent,
            _ => false,
        };
    }

    private static bool TryRead(string text, out ExactNumber number)
    {
        try
        {
            number = ExactNumber.Parse(text);
            return true;
        }
        catch (ConstraintException)
        {
            number = default;
            return false;
        }
    }

    private bool CanEndInExponent(string text, int e)
    {
        if (PlainOnly)
            return false;
        ReadOnlySpan<char> typed = text.AsSpan(e + 1);
        ExactNumber mantissa = ExactNumber.Parse(text.AsSpan(0, e));
        bool negative = typed.StartsWith("-"), signed = negative || typed.StartsWith("+");
        ReadOnlySpan<char> digits = signed ? typed[1..] : typed;
        if (IsFree && !IsFraction)
            return !IsInteger || (mantissa.IsInteger && !negative) || mantissa.Mantissa.IsZero;
        if (digits.Length > 4)
            return false;
        string plain = digits.TrimStart('0').ToString();
        for (int exponent = 0; exponent <= MostExponent; exponent++)
        {
            string spelled = exponent == 0 ? "" : exponent.ToString(CultureInfo.InvariantCulture);
            if (!spelled.StartsWith(plain, StringComparison.Ordinal))
                continue;
            if ((!negative && Holds(new ExactNumber(mantissa.Mantissa, mantissa.Exponent + exponent)))
                || ((negative || !signed && digits.IsEmpty) && Holds(new ExactNumber(mantissa.Mantissa, mantissa.Exponent - exponent))))
            {
                // A zero alone needs a digit that is one.
                if (exponent > 0 || digits.Length > 0 || plain.Length == 0)
                    return true;
            }
        }
        return false;
    }

    private bool Holds(ExactNumber number)
    {
        if ((IsInteger && !number.IsInteger) || (IsFraction && number.IsInteger))
            return false;
        if (Least is { } least && number.CompareTo(least) is var low && (low < 0 || (low == 0 && LeastIsOut)))
            return false;
        if (Most is { } most && number.CompareTo(most) is var high && (high > 0 || (high == 0 && MostIsOut)))
            return false;
        foreach (ExactNumber divisor in Divisors)
            if (!number.IsMultipleOf(divisor))
                return false;
        foreach (ExactNumber divisor in NotDivisors)
            if (number.IsMultipleOf(divisor))
                return false;
        if (Only is not null && !Contains(Only, number))
            return false;
        return !Contains(Not, number);
    }

    private static bool Contains(IReadOnlyList<ExactNumber> numbers, ExactNumber number)
    {
        foreach (ExactNumber one in numbers)
            if (one.CompareTo(number) == 0)
                return true;
        return false;
    }

    /// <summary>Whether a number of this kind begins so; without an exponent, that is.</summary>
    private bool Exists(string text)
    {
        bool negative = text.StartsWith('-');
        int point = text.IndexOf('.', StringComparison.Ordinal);
        string digits = (negative ? text[1..] : text).Replace(".", "", StringComparison.Ordinal);
        if (digits.Length == 0)
        {
            return negative
                ? ExistsWithin(null, true, new ExactNumber(0, 0), PlainOnly) : ExistsWithin(new ExactNumber(0, 0), false, null, true);
        }

        if (point < 0 && digits.Length <= IntegerRange.MostDigits && Range is { } range)
            return range.Reaches(long.Parse(digits, CultureInfo.InvariantCulture), negative, IsInteger);
        BigInteger value = BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

        // In plain form a point or a zero behind it wants more, and a minus something that is not zero.
        if (point >= 0)
            return ExistsBetween(value, point + 1 - text.Length, negative, true, PlainOnly && (text[^1] is '.' or '0'));

        // As it is, with a fraction, or with more digits; zero takes no more.
        if (ExistsBetween(value, 0, negative, !IsInteger, PlainOnly && negative && value.IsZero))
            return true;
        if (value.IsZero)
            return false;
        int most = Digits(Only, Least, Most);
        for (int more = 1; more <= most; more++)
            if (ExistsBetween(value, more, negative, !IsInteger, false))
                return true;
        return false;
    }

    private static int Digits(IReadOnlyList<ExactNumber>? only, ExactNumber? least, ExactNumber? most)
    {
        int digits = 25;
        foreach (ExactNumber number in only ?? [])
            digits = Math.Max(digits, Size(number));
        if (least is { } low)
            digits = Math.Max(digits, Size(low));
        if (most is { } high)
            digits = Math.Max(digits, Size(high));
        return Math.Min(digits + 2, 420);

        static int Size(ExactNumber number) =>
            (int)BigInteger.Log10(BigInteger.Abs(number.Mantissa) + 1) + Math.Max(0, number.Exponent) + 1;
    }

    /// <summary>
    /// Whether one lies from value · 10^scale, which may be left out, up to but not at (value + 1) · 10^scale, with the sign.
    /// </summary>
    private bool ExistsBetween(BigInteger value, int scale, bool negative, bool withFractions, bool isOut)
    {
        ExactNumber from = new(value, scale), to = new(value + 1, scale);
        if (scale == 0 && !withFractions)
            return !isOut && Holds(negative ? new ExactNumber(-value, 0) : from);
        return negative
            ? ExistsWithin(new ExactNumber(-to.Mantissa, to.Exponent), true, new ExactNumber(-from.Mantissa, from.Exponent), isOut)
            : ExistsWithin(from, isOut, to, true);
    }

    /// <summary>Whether one lies between two numbers, themselves included or not.</summary>
    private bool ExistsWithin(ExactNumber? low, bool lowIsOut, ExactNumber? high, bool highIsOut)
    {
        if (Only is not null)
        {
            foreach (ExactNumber number in Only)
                if (IsInside(number) && Holds(number))
                    return true;
            return false;
        }
        ExactNumber? from = low, to = high;
        bool fromIsOut = lowIsOut && low is not null, toIsOut = highIsOut && high is not null;
        if (Least is { } least && (from is null || least.CompareTo(from.Value) is var c && (c > 0 || (c == 0 && LeastIsOut))))
            (from, fromIsOut) = (least, LeastIsOut || (from is { } f && f.CompareTo(least) == 0 && fromIsOut));
        if (Most is { } most && (to is null || most.CompareTo(to.Value) is var d && (d < 0 || (d == 0 && MostIsOut))))
            (to, toIsOut) = (most, MostIsOut || (to is { } t && t.CompareTo(most) == 0 && toIsOut));
        if (from is { } a && to is { } b && (a.CompareTo(b) > 0 || (a.CompareTo(b) == 0 && (fromIsOut || toIsOut))))
            return false;
        if (!IsInteger && Divisors.Count == 0)
        {
            // One number alone must hold; of infinitely many, finitely many exceptions leave some.
            return from is not { } only || to is not { } same || only.CompareTo(same) != 0 || Holds(only);
        }
        (BigInteger stepMantissa, int stepExponent) = Step();
        // Of an endless row of multiples some are none of another number's, unless its step is.
        ExactNumber step = new(stepMantissa, stepExponent);
        foreach (ExactNumber divisor in NotDivisors)
            if (step.IsMultipleOf(divisor))
                return false;
        if (from is null && to is null)
            return true;
        if (from is null)
            return TryDown(to!.Value, toIsOut, stepMantissa, stepExponent);
        int exponent = Math.Min(from.Value.Exponent, stepExponent);
        BigInteger unit = stepMantissa * BigInteger.Pow(10, stepExponent - exponent), start = from.Value.Raised(exponent);
        BigInteger times = BigInteger.DivRem(start, unit, out BigInteger rest);
        if (rest > 0)
            times++;
        else if (rest.IsZero && fromIsOut)
            times++;
        for (int i = 0; i <= MostTries; i++, times++)
        {
            ExactNumber candidate = new(times * unit, exponent);
            if (to is { } end && candidate.CompareTo(end) is var order && (order > 0 || (order == 0 && toIsOut)))
                return false;
            if (!Contains(Not, candidate) && Holds(candidate))
                return true;
        }
        return false;

        bool IsInside(ExactNumber number) =>
            (low is not { } l || number.CompareTo(l) is var x && (x > 0 || (x == 0 && !lowIsOut)))
            && (high is not { } h || number.CompareTo(h) is var y && (y < 0 || (y == 0 && !highIsOut)));
    }

    private bool TryDown(ExactNumber to, bool toIsOut, BigInteger stepMantissa, int stepExponent)
    {
        int exponent = Math.Min(to.Exponent, stepExponent);
        BigInteger unit = stepMantissa * BigInteger.Pow(10, stepExponent - exponent), end = to.Raised(exponent);
        BigInteger times = BigInteger.DivRem(end, unit, out BigInteger rest);
        if (rest < 0)
            times--;
        else if (rest.IsZero && toIsOut)
            times--;
        for (int i = 0; i <= MostTries; i++, times--)
        {
            ExactNumber candidate = new(times * unit, exponent);
            if (Holds(candidate))
                return true;
        }
        return false;
    }

    /// <summary>The least number of which all that count are multiples.</summary>
    private (BigInteger Mantissa, int Exponent) Step()
    {
        int exponent = 0;
        foreach (ExactNumber divisor in Divisors)
            exponent = Math.Min(exponent, divisor.Exponent);
        BigInteger step = IsInteger ? BigInteger.Pow(10, -exponent) : 0;
        foreach (ExactNumber divisor in Divisors)
        {
            BigInteger next = divisor.Raised(exponent);
            step = step.IsZero ? next : step / BigInteger.GreatestCommonDivisor(step, next) * next;
        }
        return (step, exponent);
    }
}
