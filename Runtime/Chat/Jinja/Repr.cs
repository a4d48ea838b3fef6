using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Llamalith.Chat.Jinja;

/// <summary>Values as text: what printing one gives (`str`) and how it is spelled within a list (`repr`).</summary>
internal static class Repr
{
    // Python spells no longer integers, since that takes the square of their length.
    private const int MostDigits = 4300;
    private const int MostDigitsInBits = 14_284;

    /// <summary>A value as printing it gives it.</summary>
    public static Text Str(Run run, object? value)
    {
        switch (value)
        {
            case Text text:
                return text;
            case UndefinedValue:
                return Text.Empty;
            default:
                if (TryScalar(value, out string scalar))
                    return new Text(scalar);
                TextBuilder builder = new(run);
                Append(run, builder, value);
                return builder.ToText();
        }
    }

    /// <summary>Appends a value's spelling.</summary>
    public static void Append(Run run, TextBuilder builder, object? value)
    {
        run.Step();
        Run.CheckStack();
        switch (value)
        {
            case Text text:
                if (text.IsMarkup)
                    builder.Append("Markup(");
                AppendQuoted(builder, text);
                if (text.IsMarkup)
                    builder.Append(')');
                break;
            case ListValue list:
                AppendAll(run, builder, "[", list.Items, "]");
                break;
            case TupleValue tuple:
                AppendAll(run, builder, "(", tuple.Items, tuple.Items.Length == 1 ? ",)" : ")");
                break;
            case DictValue dict:
                AppendDict(run, builder, dict);
                break;
            case DictView view:
                builder.Append($"dict_{view.Kind}(");
                AppendAll(run, builder, "[", view.Elements(), "]");
                builder.Append(')');
                break;
            case RangeValue range:
                builder.Append(string.Create(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}"));
                builder.Append(range.Step == 1 ? ")" : string.Create(CultureInfo.InvariantCulture, $", {range.Step})"));
                break;
            case NamespaceValue space:
                builder.Append("<Namespace ");
                DictValue attributes = new();
                foreach (KeyValuePair<string, object?> pair in space.Attributes)
                    attributes.Set(new Text(pair.Key), pair.Value);
                AppendDict(run, builder, attributes);
                builder.Append('>');
                break;
            default:
                builder.Append(TryScalar(value, out string scalar) ? scalar : Other(value));
                break;
        }
    }

    /// <summary>A value's spelling, for messages.</summary>
    public static string Plain(object? value) => value switch
    {
        Text text => Quoted(text.Value),
        _ when TryScalar(value, out string scalar) => scalar,
        _ => Other(value),
    };

    /// <summary>A string in quotes, for messages.</summary>
    public static string Quoted(string text)
    {
        StringBuilder quoted = new();
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        quoted.Append(quote);
        foreach (Rune rune in text.EnumerateRunes())
            quoted.Append(Escaped(rune, quote) ?? rune.ToString());
        return quoted.Append(quote).ToString();
    }

    /// <summary>A float as Python spells it.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        if (value == 0)
            return double.IsNegative(value) ? "-0.0" : "0.0";
        (string digits, int exponent) = Digits(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));
        string sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            string power = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{power}";
        }
        if (exponent < 0)
            return sign + "0." + new string('0', -exponent - 1) + digits;
        return digits.Length <= exponent + 1
            ? sign + digits + new string('0', exponent + 1 - digits.Length) + ".0"
            : sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    /// <summary>An integer's digits.</summary>
    public static string Integer(BigInteger value) => value.GetBitLength() > MostDigitsInBits
        ? throw TemplateError.Value($"Exceeds the limit ({MostDigits} digits) for integer string conversion")
        : value.ToString(CultureInfo.InvariantCulture);

    private static bool TryScalar(object? value, out string text)
    {
        text = value switch
        {
            null => "None",
            bool flag => flag ? "True" : "False",
            long number => number.ToString(CultureInfo.InvariantCulture),
            BigInteger number => Integer(number),
            double number => Float(number),
            UndefinedValue => "Undefined",
            _ => "",
        };
        return text.Length > 0;
    }

    private static string Other(object? value) => value switch
    {
        Macro macro => $"<Macro {Quoted(macro.Node.Name)}>",
        LoopValue loop => string.Create(CultureInfo.InvariantCulture, $"<LoopContext {loop.Index0 + 1}/{loop.Length}>"),
        Function { Self: not null } method => $"<built-in method {method.Name} of {Values.TypeName(method.Self)} object>",
        Function function => $"<function {function.Name}>",
        _ => $"<{Values.TypeName(value)} object>",
    };

    private static void AppendAll(Run run, TextBuilder builder, string open, IEnumerable<object?> items, string close)
    {
        builder.Append(open);
        bool first = true;
        foreach (object? item in items)
        {
            if (!first)
                builder.Append(", ");
            first = false;
            Append(run, builder, item);
        }
        builder.Append(close);
    }

    private static void AppendDict(Run run, TextBuilder builder, DictValue dict)
    {
        builder.Append('{');
        for (int i = 0; i < dict.Count; i++)
        {
            if (i > 0)
                builder.Append(", ");
            Append(run, builder, dict.At(i).Key);
            builder.Append(": ");
            Append(run, builder, dict.At(i).Value);
        }
        builder.Append('}');
    }

    private static void AppendQuoted(TextBuilder builder, Text text)
    {
        string value = text.Value;
        char quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        builder.Append(quote);
        int plain = 0;
        for (int i = 0; i < value.Length;)
        {
            bool whole = Rune.TryGetRuneAt(value, i, out Rune rune);
            int length = whole ? rune.Utf16SequenceLength : 1;
            string? escaped = whole ? Escaped(rune, quote) : Hex('u', value[i], 4);
            if (escaped is not null)
            {
                builder.Append(text, plain, i).Append(escaped, text.IsOutside(i));
                plain = i + length;
            }
            i += length;
        }
        builder.Append(text, plain, value.Length).Append(quote);
    }

    private static string? Escaped(Rune rune, char quote)
    {
        int c = rune.Value;
        return c switch
        {
            '\\' => @"\\",
            '\n' => @"\n",
            '\r' => @"\r",
            '\t' => @"\t",
            _ when c == quote => "\\" + quote,
            >= ' ' and < 0x7F => null,
            _ when IsPrintable(rune) => null,
            < 0x100 => Hex('x', c, 2),
            < 0x10000 => Hex('u', c, 4),
            _ => Hex('U', c, 8),
        };
    }

    private static string Hex(char kind, int c, int digits) => "\\" + kind + c.ToString("x" + digits, CultureInfo.InvariantCulture);

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    /// <summary>The digits of a number without zeros around them, and the power of ten of the first.</summary>
    private static (string Digits, int Exponent) Digits(string number)
    {
        int e = number.IndexOf('E', StringComparison.Ordinal);
        int exponent = e < 0 ? 0 : int.Parse(number.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? number : number[..e];
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        string all = mantissa.Replace(".", "", StringComparison.Ordinal);
        int zeros = all.Length - all.TrimStart('0').Length;
        return (all.Trim('0'), exponent + (point < 0 ? mantissa.Length : point) - 1 - zeros);
    }
}
