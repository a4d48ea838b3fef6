using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>`'{}'.format(values)`.</summary>
internal static class StrFormat
{
    public static object? Format(Run run, Text format, Arguments arguments)
    {
        int next = 0;
        TextBuilder builder = new(run);
        Write(run, format.Value, (start, end) => builder.Append(format, start, end), builder, format.IsMarkup, arguments, ref next, 2);
        return builder.ToText(format.IsMarkup);
    }

    /// <summary>A dictionary's pairs as named arguments.</summary>
    public static List<KeyValuePair<string, object?>> Names(object? mapping)
    {
        if (mapping is not DictValue dict)
            throw TemplateError.Type("format_map() argument must be a mapping");
        List<KeyValuePair<string, object?>> names = [];
        for (int i = 0; i < dict.Count; i++)
            if (dict.At(i).Key is Text name)
                names.Add(new(name.Value, dict.At(i).Value));
        return names;
    }

    private static void Write(
        Run run, string text, Action<int, int> literal, TextBuilder builder, bool markup, Arguments arguments, ref int next, int levels)
    {
        if (levels == 0)
            throw TemplateError.Value("Max string recursion exceeded");
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('{' or '}'))
            {
                literal(i, i + 1);
                continue;
            }
            if (i + 1 < text.Length && text[i + 1] == text[i])
            {
                literal(i, ++i);
                continue;
            }
            if (text[i] == '}')
                throw TemplateError.Value("Single '}' encountered in format string");
            int end = Close(text, i + 1);
            WriteField(run, text[(i + 1)..end], builder, markup, arguments, ref next, levels);
            i = end;
        }
    }

    private static int Close(string text, int at)
    {
        int depth = 1;
        for (int i = at; i < text.Length; i++)
        {
            depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
            if (depth == 0)
                return i;
        }
        throw TemplateError.Value(at == text.Length ? "Single '{' encountered in format string" : "expected '}' before end of string");
    }

    private static void WriteField(Run run, string field, TextBuilder builder, bool markup, Arguments arguments, ref int next, int levels)
    {
        int end = 0;
        for (bool inKey = false; end < field.Length && (inKey || field[end] is not ('!' or ':')); end++)
            inKey = field[end] == '[' || (inKey && field[end] != ']');
        string path = field[..end];
        char conversion = '\0';
        string spec = "";
        if (end < field.Length && field[end] == '!')
        {
            if (end + 1 >= field.Length)
                throw TemplateError.Value("end of string while looking for conversion specifier");
            conversion = field[end + 1];
            end += 2;
            if (end < field.Length && field[end] != ':')
                throw TemplateError.Value("expected ':' after conversion specifier");
        }
        if (end < field.Length)
            spec = field[(end + 1)..];
        object? value = Resolve(run, path, arguments, ref next);
        if (spec.Contains('{', StringComparison.Ordinal))
        {
            TextBuilder inner = new(run);
            string nested = spec;
            Write(run, nested, (from, to) => inner.Append(nested.AsSpan(from, to - from), false), inner, false, arguments, ref next,
                levels - 1);
            spec = inner.ToText().Value;
        }
        if (conversion is 'r' or 'a')
        {
            TextBuilder quoted = new(run);
            Repr.Append(run, quoted, value);
            value = quoted.ToText();
        }
        else if (conversion == 's')
        {
            value = Repr.Str(run, value);
        }
        else if (conversion != '\0')
        {
            throw TemplateError.Value($"Unknown conversion specifier {conversion}");
        }
        Text text = Laid(run, value, spec);
        builder.Append(markup ? Html.Escape(run, text) : text);
    }

    private static object? Resolve(Run run, string path, Arguments arguments, ref int next)
    {
        int end = path.AsSpan().IndexOfAny('.', '[');
        string first = end < 0 ? path : path[..end];
        object? value;
        if (first.Length == 0 || first.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0)
        {
            if (first.Length == 0 && next < 0)
                throw TemplateError.Value("cannot switch from manual field specification to automatic field numbering");
            int index = first.Length == 0 ? next++ : int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int given)
                ? given : int.MaxValue;
            if (index >= arguments.Positional.Length)
            {
                throw TemplateError.Value(
                    string.Create(CultureInfo.InvariantCulture, $"Replacement index {index} out of range for positional args tuple"));
            }

            value = arguments.Positional[index];
        }
        else
        {
            int at = arguments.Named?.FindIndex(pair => pair.Key == first) ?? -1;
            value = at >= 0 ? arguments.Named![at].Value : throw TemplateError.Value(Repr.Quoted(first));
        }
        for (int i = end; i >= 0 && i < path.Length;)
        {
            bool isAttribute = path[i] == '.';
            int stop = isAttribute ? path.AsSpan(i + 1).IndexOfAny('.', '[') : path.AsSpan(i + 1).IndexOf(']');
            if (!isAttribute && stop < 0)
                throw TemplateError.Value("Missing ']' in format string");
            stop = stop < 0 ? path.Length : i + 1 + stop;
            string name = path[(i + 1)..stop];
            if (name.Length == 0)
                throw TemplateError.Value("Empty attribute in format string");
            value = isAttribute ? Members.Attribute(run, value, name)
                : Members.Item(run, value, name.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 && long.TryParse(
                    name, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? Values.Box(index) : new Text(name));
            i = isAttribute ? stop : stop + 1;
        }
        return value;
    }

    private static Text Laid(Run run, object? value, string format)
    {
        if (format.Length == 0)
            return Repr.Str(run, value);
        if (value is UndefinedValue)
            throw TemplateError.Type("unsupported format string passed to Undefined.__format__");
        if (value is not (Text or bool or long or BigInteger or double))
            throw TemplateError.Type($"unsupported format string passed to {Values.TypeName(value)}.__format__");
        (PercentFormat.Spec spec, char kind) = Parse(format, value);
        if (value is Text text)
        {
            if (kind is not ('s' or '\0'))
                throw Unknown(kind, value);
            if (spec.Align == '\0')
                spec.Align = '<';
            if (spec.Precision is { } most)
                text = text.Slice(0, text.UnitOf(Math.Min(most, text.Count)));
            return spec.Pad(run, text);
        }
        if (value is bool && kind == '\0')
            return spec.Pad(run, Repr.Str(run, value));
        if (Values.TryInteger(value, out BigInteger integer) && kind is '\0' or 'd' or 'n' or 'x' or 'X' or 'o' or 'b' or 'c'
            && value is not double)
        {
            if (kind == 'c')
                return spec.Pad(run, new Text(char.ConvertFromUtf32((int)integer)));
            return spec.Precision is null ? new Text(spec.Integer(run, integer, kind is '\0' or 'n' ? 'd' : kind))
                : throw TemplateError.Value("Precision not allowed in integer format specifier");
        }
        Values.TryNumber(value, out double number);
        return kind switch
        {
            'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%' => new Text(spec.Real(run, number, kind)),
            'n' => new Text(spec.Real(run, number, 'g')),
            '\0' => new Text(
                spec.Real(run, spec.Precision is { } digits ? WithPoint(Numbers.General(number, digits)) : Repr.Float(number))),
            _ => throw Unknown(kind, value),
        };
    }

    private static string WithPoint(string number) => number.AsSpan().IndexOfAny(".en") >= 0 ? number : number + ".0";

    private static TemplateError Unknown(char kind, object? value) =>
        TemplateError.Value($"Unknown format code '{kind}' for object of type '{Values.TypeName(value)}'");

    private static (PercentFormat.Spec Spec, char Kind) Parse(string format, object? value)
    {
        PercentFormat.Spec spec = new();
        int i = 0;
        if (format.Length > 1 && format[1] is '<' or '>' or '^' or '=' && format.Length > 1)
        {
            spec.Fill = format[0];
            spec.Align = format[1];
            i = 2;
        }
        else if (format[0] is '<' or '>' or '^' or '=')
        {
            spec.Align = format[i++];
        }
        if (At(format, i) is '+' or '-' or ' ')
            spec.Sign = format[i++];
        if (At(format, i) == '#')
        {
            spec.Alternate = true;
            i++;
        }
        if (At(format, i) == '0')
        {
            spec.ZeroPadded = spec.Align == '\0';
            if (value is Text && spec.Align == '\0')
                spec.Fill = '0';
            i++;
        }
        int digits = i;
        while (char.IsAsciiDigit(At(format, i)))
            i++;
        spec.Width = i > digits ? PercentFormat.Spec.ParseSize(format.AsSpan(digits..i)) : 0;
        if (At(format, i) is ',' or '_')
            spec.Grouping = format[i++];
        if (At(format, i) == '.')
        {
            digits = ++i;
            while (char.IsAsciiDigit(At(format, i)))
                i++;
            spec.Precision = i > digits
                ? PercentFormat.Spec.ParseSize(format.AsSpan(digits..i)) : throw TemplateError.Value("Format specifier missing precision");
        }
        char kind = At(format, i);
        return i + (kind == '\0' ? 0 : 1) == format.Length ? (spec, kind)
            : throw TemplateError.Value($"Invalid format specifier '{format}' for object of type '{Values.TypeName(value)}'");
    }

    private static char At(string text, int index) => index < text.Length ? text[index] : '\0';
}
