using System;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>A number as templates write it, read off a source.</summary>
internal static class NumberLiteral
{
    /// <summary>Reads the number that begins with the digit at some place.</summary>
    /// <returns>Its token's kind, where it ends, and its value.</returns>
    public static (string Kind, int End, object Value) Read(string source, int at)
    {
        int whole = Digits(source, at, char.IsAsciiDigit);
        int end = whole;

        // What follows a dot is a key, as in `pairs.0.1`.
        if (at == 0 || source[at - 1] != '.')
        {
            if (end + 1 < source.Length && source[end] == '.' && char.IsAsciiDigit(source[end + 1]))
                end = Digits(source, end + 1, char.IsAsciiDigit);
            if (end < source.Length && source[end] is 'e' or 'E')
            {
                int exponent = end + 1 + (end + 1 < source.Length && source[end + 1] is '+' or '-' ? 1 : 0);
                if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
                    end = Digits(source, exponent, char.IsAsciiDigit);
            }
        }
        if (end > whole)
        {
            string digits = source[at..end].Replace("_", "", StringComparison.Ordinal);
            return ("float", end, double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        return source[at] != '0' ? ("integer", whole, Decimal(source[at..whole])) : InRadix(source, at);
    }

    // 0b, 0o, 0x, or nothing but zeros.
    private static (string Kind, int End, object Value) InRadix(string source, int at)
    {
        char radix = at + 1 < source.Length ? char.ToLowerInvariant(source[at + 1]) : '\0';
        (int bits, Func<char, bool> isDigit) = radix switch
        {
            'b' => (1, static c => c is '0' or '1'),
            'o' => (3, static c => c is >= '0' and <= '7'),
            'x' => (4, char.IsAsciiHexDigit),
            _ => (0, (Func<char, bool>)(static c => c == '0')),
        };
        int start = bits == 0 ? at : at + 2;
        int digits = bits > 0 && start < source.Length && source[start] == '_' ? start + 1 : start;
        int end = Digits(source, digits, isDigit);
        if (end <= start)
            return ("integer", at + 1, Values.Box(0));
        BigInteger value = 0;
        foreach (char c in source.AsSpan(start..end))
            if (c != '_')
                value = bits == 0 ? 0 : (value << bits) + Convert.ToInt32(c.ToString(), 16);
        return ("integer", end, Values.Box(value));
    }

    private static object Decimal(string digits)
    {
        digits = digits.Replace("_", "", StringComparison.Ordinal);
        return digits.Length > 4300
            ? throw TemplateError.Value("Exceeds the limit (4300 digits) for integer string conversion")
            : Values.Box(BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture));
    }

    /// <summary>Behind digits with single underscores between.</summary>
    private static int Digits(string source, int at, Func<char, bool> isDigit)
    {
        int end = at;
        while (end < source.Length && (isDigit(source[end]) || IsBetween(end)))
            end++;
        return end;

        bool IsBetween(int place) => source[place] == '_' && place > at && place + 1 < source.Length && isDigit(source[place + 1]);
    }
}
