using System;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>Arithmetic as Python does it, and numbers read from text and written with a given number of digits.</summary>
internal static class Numbers
{
    private const int MostDigits = 1000;

    public static BigInteger FloorDivide(BigInteger a, BigInteger b)
    {
        BigInteger quotient = BigInteger.DivRem(a, b, out BigInteger rest);
        return !rest.IsZero && rest < 0 != b < 0 ? quotient - 1 : quotient;
    }

    public static bool IsIn(RangeValue range, BigInteger number)
    {
        BigInteger distance = number - range.Start;
        BigInteger step = range.Step;
        return (distance % step).IsZero && distance / step >= 0 && distance / step < range.Count;
    }

    /// <summary>Reads an integer as `int(text, radix)` does.</summary>
    public static bool TryParseInteger(string text, int radix, out BigInteger value)
    {
        value = 0;
        ReadOnlySpan<char> rest = Trim(text);
        bool negative = rest.StartsWith("-");
        if (rest.StartsWith("-") || rest.StartsWith("+"))
            rest = rest[1..];
        if (rest.Length > 1 && rest[0] == '0')
        {
            int named = char.ToLowerInvariant(rest[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 };
            if (named > 0 && (radix == named || radix == 0))
            {
                radix = named;
                rest = rest[2..];
                if (rest.StartsWith("_"))
                    rest = rest[1..];
            }
        }
        radix = radix == 0 ? 10 : radix;
        if (rest.IsEmpty || rest[0] == '_' || rest[^1] == '_' || rest.Length > 4300)
            return false;
        bool wasDigit = false;
        foreach (char c in rest)
        {
            if (c == '_' && wasDigit)
            {
                wasDigit = false;
                continue;
            }
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' + 10
                : char.GetUnicodeCategory(c) == UnicodeCategory.DecimalDigitNumber ? (int)char.GetNumericValue(c) : 99;
            if (digit >= radix)
                return false;
            wasDigit = true;
            value = value * radix + digit;
        }
        if (negative)
            value = -value;
        return true;
    }

    /// <summary>Reads a float as `float(text)` does.</summary>
    public static bool TryParseReal(string text, out double value)
    {
        ReadOnlySpan<char> rest = Trim(text);
        string plain = rest.ToString();
        string name = plain.TrimStart('+', '-').ToLowerInvariant();
        bool negative = plain.StartsWith('-');
        if (name is "inf" or "infinity" or "nan" && plain.Length - name.Length <= 1)
        {
            value = name == "nan" ? double.NaN : negative ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }
        for (int i = 0; i < plain.Length; i++)
        {
            bool between = i > 0 && i < plain.Length - 1 && char.IsAsciiDigit(plain[i - 1]) && char.IsAsciiDigit(plain[i + 1]);
            if (plain[i] == '_' && !between)
                return (value = 0) != 0;
        }
        plain = plain.Replace("_", "", StringComparison.Ordinal);
        value = 0;
        return plain.Length > 0 && !char.IsWhiteSpace(plain[0])
            && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>A float with so many digits after the point, rounded to the nearest, and to even where two are as near.</summary>
    public static string Fixed(double value, int digits)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        if (digits > MostDigits)
            throw new TemplateError(ChatTemplateErrorKind.Limit, $"a number with {digits} digits after the point");
        string all = Scaled(Math.Abs(value), digits).ToString(CultureInfo.InvariantCulture);
        string sign = double.IsNegative(value) ? "-" : "";
        if (digits <= 0)
            return sign + all;
        all = all.PadLeft(digits + 1, '0');
        return $"{sign}{all[..^digits]}.{all[^digits..]}";
    }

    /// <summary>A float as one digit, so many after the point, and an exponent.</summary>
    public static string Scientific(double value, int digits, char e = 'e')
    {
        if (!double.IsFinite(value) || value == 0)
        {
            return double.IsFinite(value)
                ? (double.IsNegative(value) ? "-0" : "0") + (digits > 0 ? "." + new string('0', digits) : "") + e + "+00"
                : Fixed(value, 0);
        }
        if (digits > MostDigits)
            throw new TemplateError(ChatTemplateErrorKind.Limit, $"a number with {digits} digits after the point");
        double size = Math.Abs(value);
        int exponent = (int)Math.Floor(Math.Log10(size));
        BigInteger scaled = Scaled(size, digits - exponent);
        BigInteger least = BigInteger.Pow(10, digits);
        if (scaled < least)
            scaled = Scaled(size, digits - --exponent);
        if (scaled >= 10 * least)
            scaled = Scaled(size, digits - ++exponent);
        string all = scaled.ToString(CultureInfo.InvariantCulture);
        string power = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
        return $"{(value < 0 ? "-" : "")}{all[0]}{(digits > 0 ? "." + all[1..] : "")}{e}{(exponent < 0 ? '-' : '+')}{power}";
    }

    /// <summary>A float in whichever of the two forms is shorter, as %g has it.</summary>
    public static string General(double value, int digits, bool keepZeros = false)
    {
        digits = Math.Max(digits, 1);
        if (!double.IsFinite(value))
            return Fixed(value, 0);
        string scientific = Scientific(value, digits - 1);
        int exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('e', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= digits)
        {
            int at = scientific.IndexOf('e', StringComparison.Ordinal);
            return (keepZeros ? scientific[..at] : Trimmed(scientific[..at])) + scientific[at..];
        }
        string plain = Fixed(value, digits - 1 - exponent);
        return keepZeros ? plain : Trimmed(plain);
    }

    /// <summary>value · 10^digits, rounded half to even.</summary>
    public static BigInteger Scaled(double value, int digits)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52 & 0x7FF);
        long mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        mantissa |= exponent > 0 ? 1L << 52 : 0;
        exponent = Math.Max(exponent, 1) - 1075;
        BigInteger above = mantissa, below = 1;
        if (exponent >= 0)
            above <<= exponent;
        else
            below <<= -exponent;
        if (digits >= 0)
            above *= BigInteger.Pow(10, digits);
        else
            below *= BigInteger.Pow(10, -digits);
        BigInteger quotient = BigInteger.DivRem(above, below, out BigInteger rest);
        int half = (2 * rest).CompareTo(below);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    private static string Trimmed(string number) =>
        number.Contains('.', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number;

    private static ReadOnlySpan<char> Trim(string text)
    {
        int start = 0, end = text.Length;
        while (start < end && Lexer.IsSpace(text[start]))
            start++;
        while (end > start && Lexer.IsSpace(text[end - 1]))
            end--;
        return text.AsSpan(start..end);
    }
}
