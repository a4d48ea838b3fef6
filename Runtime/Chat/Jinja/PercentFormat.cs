using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>`format % values`, as C's printf has it.</summary>
internal static class PercentFormat
{
    // Wider than anything that is meant.
    private const int MostWidth = 100_000;

    public static Text Format(Run run, Text format, object? values)
    {
        DictValue? named = values as DictValue;
        object?[] items = values is TupleValue tuple ? tuple.Items : [values];
        int next = 0;
        TextBuilder builder = new(run);
        string text = format.Value;
        for (int i = 0; i < text.Length;)
        {
            int at = text.IndexOf('%', i);
            builder.Append(format, i, at < 0 ? text.Length : at);
            if (at < 0)
                break;
            i = at + 1;
            string? name = null;
            if (i < text.Length && text[i] == '(')
            {
                int close = text.IndexOf(')', i);
                if (close < 0)
                    throw TemplateError.Value("incomplete format key");
                name = text[(i + 1)..close];
                if (named is null)
                    throw TemplateError.Type("format requires a mapping");
                i = close + 1;
            }
            Spec spec = new() { Align = '>', Fill = ' ' };
            for (; i < text.Length && text[i] is '-' or '+' or ' ' or '#' or '0'; i++)
            {
                switch (text[i])
                {
                    case '-':
                        spec.Align = '<';
                        break;
                    case '0':
                        spec.ZeroPadded = true;
                        break;
                    case '#':
                        spec.Alternate = true;
                        break;
                    default:
                        spec.Sign = spec.Sign == '+' ? '+' : text[i];
                        break;
                }
            }
            spec.Width = ReadSize(ref i) ?? 0;
            if (spec.Width < 0)
            {
                spec.Align = '<';
                spec.Width = -spec.Width;
            }
            if (i < text.Length && text[i] == '.')
            {
                i++;
                spec.Precision = Math.Max(ReadSize(ref i) ?? 0, 0);
            }
            while (i < text.Length && text[i] is 'l' or 'h' or 'L')
                i++;
            if (i >= text.Length)
                throw TemplateError.Value("incomplete format");
            char kind = text[i++];
            if (kind == '%')
            {
                builder.Append('%');
                continue;
            }
            object? value =
                name is null ? Next() : named!.TryGet(name, out object? found) ? found : throw TemplateError.Value(Repr.Quoted(name));
            Text part = One(run, kind, value, spec, i - 1);
            builder.Append(format.IsMarkup ? Html.Escape(run, part) : part);
        }
        // What has elements by index or key counts as a mapping, of which none need be used.
        if (next < items.Length && values is not (DictValue or ListValue or RangeValue))
            throw TemplateError.Type("not all arguments converted during string formatting");
        return builder.ToText(format.IsMarkup);

        object? Next() => next < items.Length ? items[next++] : throw TemplateError.Type("not enough arguments for format string");

        int? ReadSize(ref int i)
        {
            if (i < text.Length && text[i] == '*')
            {
                i++;
                return Math.Clamp(Values.Index(Next()), -MostWidth, MostWidth);
            }
            int start = i;
            while (i < text.Length && char.IsAsciiDigit(text[i]))
                i++;
            return i == start ? null : Spec.ParseSize(text.AsSpan(start..i));
        }
    }

    private static Text One(Run run, char kind, object? value, Spec spec, int at)
    {
        switch (kind)
        {
            case 's' or 'r' or 'a':
                Text text = kind == 's' ? Repr.Str(run, value) : Quoted(run, value);
                if (spec.Precision is { } most)
                    text = text.Slice(0, text.UnitOf(Math.Min(most, text.Count)));
                return spec.Pad(run, text);
            case 'c':
                Text character = value is Text given && given.Count == 1 ? given
                    : Values.TryInteger(value, out BigInteger code) && code >= 0 && code < 0x110000 && !(code >= 0xD800 && code < 0xE000)
                        ? new Text(char.ConvertFromUtf32((int)code))
                    : throw TemplateError.Type("%c requires int or char");
                return spec.Pad(run, character);
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o':
                if (value is double real && kind is 'd' or 'i' or 'u' && value is double)
                    value = Values.Box(new BigInteger(Math.Truncate((double)value)));
                if (!Values.TryInteger(value, out BigInteger integer))
                {
                    throw TemplateError.Type(
                        $"%{kind} format: {(kind is 'd' or 'i' or 'u' ? "a real number" : "an integer")} is required, not "
                            + $"{Values.TypeName(value)}");
                }

                return new Text(spec.Integer(run, integer, kind is 'i' or 'u' ? 'd' : kind));
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                if (value is UndefinedValue undefined)
                    throw undefined.Error();
                if (!Values.TryNumber(value, out double number))
                    throw TemplateError.Type($"must be real number, not {Values.TypeName(value)}");
                return new Text(spec.Real(run, number, kind));
            default:
                throw TemplateError.Value(
                    string.Create(CultureInfo.InvariantCulture, $"unsupported format character '{kind}' (0x{(int)kind:x}) at index {at}"));
        }
    }

    private static Text Quoted(Run run, object? value)
    {
        TextBuilder builder = new(run);
        Repr.Append(run, builder, value);
        return builder.ToText();
    }

    /// <summary>How a value is laid out.</summary>
    internal sealed class Spec
    {
        public char Fill { get; set; } = ' ';

        public char Align { get; set; }

        public char Sign { get; set; }

        public bool Alternate { get; set; }

        public bool ZeroPadded { get; set; }

        public int Width { get; set; }

        public char Grouping { get; set; }

        public int? Precision { get; set; }

        public static int ParseSize(ReadOnlySpan<char> digits) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size <= MostWidth
            ? size
            : throw new TemplateError(ChatTemplateErrorKind.Limit, $"a format of more than {MostWidth} characters");

        public Text Pad(Run run, Text text)
        {
            int margin = Width - text.Count;
            if (margin <= 0)
                return text;
            int left = Align switch { '<' => 0, '^' => margin / 2, _ => margin };
            run.ChargeChars(margin);
            return new TextBuilder(run).Append(new string(Fill, left)).Append(text).Append(new string(Fill, margin - left)).ToText();
        }

        public string Integer(Run run, BigInteger value, char kind)
        {
            BigInteger size = BigInteger.Abs(value);
            string digits = kind switch
            {
                'x' => Radix(size, 4),
                'X' => Radix(size, 4).ToUpperInvariant(),
                'o' => Radix(size, 3),
                'b' => Radix(size, 1),
                _ => Repr.Integer(size),
            };
            if (Precision is { } least)
                digits = digits.PadLeft(least, '0');
            string prefix = Alternate && kind is 'x' or 'X' or 'o' or 'b' && Alternate ? "0" + kind : "";
            return Number(run, value < 0, prefix, digits, "");
        }

        public string Real(Run run, double value, char kind)
        {
            string text = char.ToLowerInvariant(kind) switch
            {
                'e' => Numbers.Scientific(value, Precision ?? 6),
                'f' => Numbers.Fixed(value, Precision ?? 6),
                '%' => Numbers.Fixed(100 * value, Precision ?? 6) + "%",
                _ => Numbers.General(value, Precision ?? 6, Alternate),
            };
            if (char.IsAsciiLetterUpper(kind))
                text = text.ToUpperInvariant();
            return Real(run, text);
        }

        /// <summary>Lays out a float that is already spelled.</summary>
        public string Real(Run run, string text)
        {
            bool negative = text.StartsWith('-');
            text = negative ? text[1..] : text;
            int end = text.AsSpan().IndexOfAny(".eE%");
            return end < 0 ? Number(run, negative, "", text, "") : Number(run, negative, "", text[..end], text[end..]);
        }

        private string Number(Run run, bool negative, string prefix, string whole, string rest)
        {
            if (Grouping != '\0')
            {
                for (int i = whole.Length - 3; i > 0; i -= 3)
                    whole = whole.Insert(i, Grouping.ToString());
            }
            string sign = (negative ? "-" : Sign is '+' or ' ' ? Sign.ToString() : "") + prefix;
            int margin = Width - sign.Length - whole.Length - rest.Length;
            if (margin <= 0)
                return sign + whole + rest;
            run.ChargeChars(margin);
            if ((ZeroPadded && Align is '>' or '\0' or '=' && ZeroPadded) || Align == '=')
                return sign + new string(ZeroPadded ? '0' : Fill, margin) + whole + rest;
            int left = Align switch { '<' => 0, '^' => margin / 2, _ => margin };
            return new string(Fill, left) + sign + whole + rest + new string(Fill, margin - left);
        }

        private static string Radix(BigInteger value, int bits)
        {
            if (value.IsZero)
                return "0";
            List<char> digits = [];
            for (BigInteger mask = (1 << bits) - 1; value > 0; value >>= bits)
                digits.Add("0123456789abcdef"[(int)(value & mask)]);
            digits.Reverse();
            return new string([.. digits]);
        }
    }
}
