using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace Llamalith.Chat.Jinja;

/// <summary>What follows `|`.</summary>
internal delegate object? Filter(Run run, object? value, Arguments arguments);

/// <summary>Jinja's filters by name; those of sequences are in the other part.</summary>
internal static partial class Filters
{
    private static readonly Dictionary<string, Filter> s_filters = new()
    {
        ["abs"] = static (_, value, _) => Abs(value),
        ["attr"] = static (run, value, arguments) => Attr(run, value, arguments.Bind("attr", 1, "name")[0]),
        ["batch"] = Batch,
        ["capitalize"] = static (run, value, _) => Casing.Capitalize(run, Repr.Str(run, value)),
        ["center"] = static (run, value, arguments) => TextMethods.Center(run, Repr.Str(run, value), Size(arguments.Bind("center", 0, "width")[0], 80)),
        ["count"] = Length,
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = DictSort,
        ["e"] = static (run, value, _) => Html.Escape(run, value),
        ["escape"] = static (run, value, _) => Html.Escape(run, value),
        ["filesizeformat"] = FileSize,
        ["first"] = First,
        ["float"] = Float,
        ["forceescape"] = static (run, value, _) => Html.Escape(run, Repr.Str(run, value).AsPlain()),
        ["format"] = static (run, value, arguments) => Format(run, value, arguments),
        ["groupby"] = GroupBy,
        ["indent"] = Indent,
        ["int"] = Int,
        ["items"] = Items,
        ["join"] = Join,
        ["last"] = Last,
        ["length"] = Length,
        ["list"] = static (run, value, _) => new ListValue(Values.ToList(run, value)),
        ["lower"] = static (run, value, _) => Casing.Lower(run, Repr.Str(run, value)),
        ["map"] = Map,
        ["max"] = static (run, value, arguments) => Extreme(run, value, arguments, "max", static (a, b) => Values.Compare(a, b, ">") == 1),
        ["min"] = static (run, value, arguments) => Extreme(run, value, arguments, "min", static (a, b) => Values.Compare(a, b, "<") < 0),
        ["pprint"] = static (run, value, _) => Plain(run, value),
        ["random"] = static (_, _, _) => throw new TemplateError(ChatTemplateErrorKind.Other, "the filter random is not supported: what it gives could not be repeated"),
        ["reject"] = static (run, value, arguments) => Select(run, value, arguments, isReject: true, byAttribute: false),
        ["rejectattr"] = static (run, value, arguments) => Select(run, value, arguments, isReject: true, byAttribute: true),
        ["replace"] = Replace,
        ["reverse"] = Reverse,
        ["round"] = Round,
        ["safe"] = static (run, value, _) => Repr.Str(run, value).AsMarkup(),
        ["select"] = static (run, value, arguments) => Select(run, value, arguments, isReject: false, byAttribute: false),
        ["selectattr"] = static (run, value, arguments) => Select(run, value, arguments, isReject: false, byAttribute: true),
        ["slice"] = Slice,
        ["sort"] = Sort,
        ["string"] = static (run, value, _) => Repr.Str(run, value),
        ["striptags"] = StripTags,
        ["sum"] = Sum,
        ["title"] = Title,
        ["tojson"] = ToJson,
        ["trim"] = static (run, value, arguments) =>
        {
            object? chars = arguments.Bind("trim", 0, "chars")[0];
            return TextMethods.Strip(Repr.Str(run, value), chars == Arguments.Missing ? null : chars, true, true);
        },
        ["truncate"] = Truncate,
        ["unique"] = Unique,
        ["upper"] = static (run, value, _) => Casing.Upper(run, Repr.Str(run, value)),
        ["urlencode"] = UrlEncode,
        ["urlize"] = static (_, _, _) => throw new TemplateError(ChatTemplateErrorKind.Other, "the filter urlize is not supported"),
        ["wordcount"] = WordCount,
        ["wordwrap"] = WordWrap,
        ["xmlattr"] = XmlAttributes,
    };

    public static Filter? Find(string name) => s_filters.GetValueOrDefault(name);

    public static TemplateError Missing(string name) => new(ChatTemplateErrorKind.Other, $"No filter named {Repr.Quoted(name)} found.");

    private static bool IsGiven(object? value) => value != Arguments.Missing;

    private static int Size(object? value, int usual) => value == Arguments.Missing ? usual : Values.Index(value);

    private static bool Flag(object? value) => value != Arguments.Missing && Values.IsTrue(value);

    private static TemplateError Bad(string message) => new(ChatTemplateErrorKind.Other, message);

    private static Text Plain(Run run, object? value)
    {
        TextBuilder builder = new(run);
        Repr.Append(run, builder, value);
        return builder.ToText();
    }

    private static object? Abs(object? value) => value switch
    {
        UndefinedValue => throw TemplateError.Type("bad operand type for abs(): 'Undefined'"),
        double number => Math.Abs(number),
        _ when Values.TryInteger(value, out BigInteger integer) => Values.Box(BigInteger.Abs(integer)),
        _ => throw TemplateError.Type($"bad operand type for abs(): '{Values.TypeName(value)}'"),
    };

    private static object? Attr(Run run, object? value, object? name)
    {
        string attribute = TextMethods.String(name, "attribute name").Value;
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        return Members.TryMember(value, attribute, out object? member) ? member : UndefinedValue.Of(value, attribute);
    }

    private static object? Length(Run run, object? value, Arguments arguments) =>
        Values.Length(value) is { } length ? Values.Box(length) : throw TemplateError.Type($"object of type '{Values.TypeName(value)}' has no len()");

    private static object? Default(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("default", 0, "default_value", "boolean");
        bool takes = value is UndefinedValue || (Flag(bound[1]) && !Values.IsTrue(value));
        return takes ? IsGiven(bound[0]) ? bound[0] : Text.Empty : value;
    }

    private static Text FileSize(Run run, object? value, Arguments arguments)
    {
        bool binary = Flag(arguments.Bind("filesizeformat", 0, "binary")[0]);
        if (!TryReal(value, out double size))
            throw TemplateError.Value($"could not convert to float: {Repr.Plain(value)}");
        double unit = binary ? 1024 : 1000;
        if (size == 1)
            return new Text("1 Byte");
        if (size < unit)
            return new Text(new BigInteger(Math.Truncate(size)).ToString(CultureInfo.InvariantCulture) + " Bytes");
        string prefixes = "kMGTPEZY";
        int at = 0;
        double step = unit * unit;
        while (at < prefixes.Length - 1 && size >= step)
        {
            step *= unit;
            at++;
        }
        string prefix = binary ? char.ToUpperInvariant(prefixes[at]) + "iB" : prefixes[at] + "B";
        return new Text($"{Numbers.Fixed(unit * size / step, 1)} {prefix}");
    }

    private static bool TryReal(object? value, out double number)
    {
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        return value is Text text ? Numbers.TryParseReal(text.Value, out number) : Values.TryNumber(value, out number);
    }

    private static object? Float(Run run, object? value, Arguments arguments)
    {
        object? usual = arguments.Bind("float", 0, "default")[0];
        return TryReal(value, out double number) ? number : IsGiven(usual) ? usual : 0.0;
    }

    private static object? Int(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("int", 0, "default", "base");
        int radix = Size(bound[1], 10);
        if (value is Text text && Numbers.TryParseInteger(text.Value, radix, out BigInteger parsed))
            return Values.Box(parsed);
        if (Values.TryInteger(value, out BigInteger integer))
            return Values.Box(integer);
        if (TryReal(value, out double number) && double.IsFinite(number))
            return Values.Box(new BigInteger(Math.Truncate(number)));
        return IsGiven(bound[0]) ? bound[0] : Values.Box(0);
    }

    private static Text Format(Run run, object? value, Arguments arguments)
    {
        if (arguments.Positional.Length > 0 && arguments.Named is not null)
            throw Bad("can't handle positional and keyword arguments at the same time");
        if (arguments.Named is null)
            return PercentFormat.Format(run, Repr.Str(run, value), new TupleValue(arguments.Positional));
        DictValue named = new();
        foreach (KeyValuePair<string, object?> pair in arguments.Named)
            named.Set(new Text(pair.Key), pair.Value);
        return PercentFormat.Format(run, Repr.Str(run, value), named);
    }

    private static Text Indent(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("indent", 0, "width", "first", "blank");
        if (value is not Text text)
            throw value is UndefinedValue undefined ? undefined.Error() : TemplateError.Type($"unsupported operand type(s) for +=: '{Values.TypeName(value)}' and 'str'");
        Text indent = bound[0] is Text given ? given : new Text(new string(' ', Math.Clamp(Size(bound[0], 4), 0, 100_000)));
        List<Text> lines = TextMethods.Lines(run, new TextBuilder(run).Append(text).Append('\n').ToText(text.IsMarkup));
        TextBuilder builder = new(run);
        if (Flag(bound[1]))
            builder.Append(indent);
        for (int i = 0; i < lines.Count; i++)
        {
            if (i > 0)
            {
                builder.Append('\n');
                if (Flag(bound[2]) || lines[i].Value.Length > 0)
                    builder.Append(indent);
            }
            builder.Append(lines[i]);
        }
        return builder.ToText(text.IsMarkup);
    }

    private static Text Replace(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("replace", 2, "old", "new", "count");
        int count = bound[2] == Arguments.Missing || bound[2] is null ? -1 : Values.Index(bound[2]);
        return TextMethods.Replace(run, Repr.Str(run, value).AsPlain(), Repr.Str(run, bound[0]).AsPlain(), Repr.Str(run, bound[1]).AsPlain(), count);
    }

    private static object? Round(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("round", 0, "precision", "method");
        string method = IsGiven(bound[1]) ? bound[1] is Text name ? name.Value : "" : "common";
        int precision = Math.Clamp(Size(bound[0], 0), -400, 400);
        if (method is not ("common" or "ceil" or "floor"))
            throw Bad("method must be common, ceil or floor");
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (!Values.TryNumber(value, out double number))
            throw TemplateError.Type($"type {Values.TypeName(value)} doesn't define __round__ method");
        if (method != "common")
        {
            double scale = Math.Pow(10, precision);
            double scaled = method == "floor" ? Math.Floor(number * scale) : Math.Ceiling(number * scale);
            return scaled / scale;
        }
        if (Values.TryInteger(value, out BigInteger integer))
        {
            if (precision >= 0)
                return Values.Box(integer);
            BigInteger unit = BigInteger.Pow(10, -precision);
            BigInteger quotient = Numbers.FloorDivide(integer, unit), rest = integer - quotient * unit;
            int half = (2 * rest).CompareTo(unit);
            return Values.Box((half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient) * unit);
        }
        if (!double.IsFinite(number) || precision > 330)
            return number;
        string digits = Numbers.Scaled(Math.Abs(number), precision).ToString(CultureInfo.InvariantCulture);
        double rounded = double.Parse(string.Create(CultureInfo.InvariantCulture, $"{digits}e{-precision}"), NumberStyles.Float, CultureInfo.InvariantCulture);
        return number < 0 || double.IsNegative(number) ? -rounded : rounded;
    }

    private static Text StripTags(Run run, object? value, Arguments arguments)
    {
        Text text = Repr.Str(run, value);
        string plain = text.Value;
        StringBuilder kept = new();
        run.ChargeChars(3L * plain.Length);
        for (int i = 0; i < plain.Length;)
        {
            int open = plain.IndexOf('<', i);
            bool comment = open >= 0 && plain.AsSpan(open).StartsWith("<!--");
            int close = open < 0 ? -1 : comment ? plain.IndexOf("-->", open, StringComparison.Ordinal) : plain.IndexOf('>', open);
            if (close < 0)
            {
                kept.Append(plain, i, plain.Length - i);
                break;
            }
            kept.Append(plain, i, open - i);
            i = close + (comment ? 3 : 1);
        }
        string joined = string.Join(' ', kept.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return new Text(System.Net.WebUtility.HtmlDecode(joined), text.HasOutside);
    }

    private static Text Title(Run run, object? value, Arguments arguments)
    {
        Text text = Repr.Str(run, value);
        TextBuilder builder = new(run);
        bool starts = true;
        int at = 0;
        for (int i = 0; i <= text.Value.Length; i++)
        {
            bool separator = i < text.Value.Length && (text.Value[i] is '-' or '(' or '{' or '[' or '<' || Lexer.IsSpace(text.Value[i]));
            if (i == text.Value.Length || separator || starts)
            {
                AppendWord(at, i);
                at = i;
            }
            starts = separator;
        }
        return builder.ToText(text.IsMarkup);

        void AppendWord(int start, int end)
        {
            if (start == end)
                return;
            int second = start + (char.IsHighSurrogate(text.Value[start]) && end > start + 1 ? 2 : 1);
            builder.Append(Casing.Upper(run, text.Slice(start, second))).Append(Casing.Lower(run, text.Slice(second, end)));
        }
    }

    private static Text ToJson(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        Text? indent = !IsGiven(bound[1]) || bound[1] is null ? null
            : bound[1] is Text given ? given : new Text(new string(' ', Math.Clamp(Values.Index(bound[1]), 0, 1000)));
        Text items = new(indent is null ? ", " : ","), keys = new(": ");
        if (IsGiven(bound[2]) && bound[2] is not null)
        {
            List<object?> separators = Values.ToList(run, bound[2]);
            if (separators.Count != 2)
                throw TemplateError.Value("not enough values to unpack (expected 2)");
            (items, keys) = (TextMethods.String(separators[0], "item_separator"), TextMethods.String(separators[1], "key_separator"));
        }
        TextBuilder builder = new(run);
        new JsonText(run, builder, Flag(bound[0]), indent, items, keys, Flag(bound[3])).Write(value);
        return builder.ToText();
    }

    private static Text Truncate(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("truncate", 0, "length", "killwords", "end", "leeway");
        Text text = value as Text ?? throw TemplateError.Type($"object of type '{Values.TypeName(value)}' has no len()");
        int length = Size(bound[0], 255), leeway = bound[3] == Arguments.Missing || bound[3] is null ? 5 : Values.Index(bound[3]);
        Text end = IsGiven(bound[2]) ? TextMethods.String(bound[2], "end") : new Text("...");
        if (length < end.Count)
            throw TemplateError.Value($"expected length >= {end.Count}, got {length}");
        if (leeway < 0)
            throw TemplateError.Value($"expected leeway >= 0, got {leeway}");
        if (text.Count <= (long)length + leeway)
            return text;
        Text kept = text.Slice(0, text.UnitOf(length - end.Count));
        int space = Flag(bound[1]) ? -1 : kept.Value.LastIndexOf(' ');
        return Operators.Join(run, space < 0 ? kept : kept.Slice(0, space), end);
    }

    private static Text UrlEncode(Run run, object? value, Arguments arguments)
    {
        if (value is Text || Values.Elements(value) is null)
            return Quote(run, value, isQuery: false);
        List<object?> parts = [];
        foreach (object? item in value is DictValue dict ? new DictView(dict, "items").Elements() : Values.Iterate(value))
        {
            List<object?> pair = Values.ToList(run, item);
            if (pair.Count != 2)
                throw TemplateError.Value($"not enough values to unpack (expected 2, got {pair.Count})");
            parts.Add(new TextBuilder(run).Append(Quote(run, pair[0], true)).Append('=').Append(Quote(run, pair[1], true)).ToText());
        }
        return TextMethods.Join(run, new Text("&"), new ListValue(parts), strict: false);
    }

    private static Text Quote(Run run, object? value, bool isQuery)
    {
        Text text = Repr.Str(run, value);
        TextBuilder builder = new(run);
        for (int i = 0; i < text.Value.Length;)
        {
            Rune rune = Rune.TryGetRuneAt(text.Value, i, out Rune found) ? found : Rune.ReplacementChar;
            int length = rune == Rune.ReplacementChar ? 1 : rune.Utf16SequenceLength;
            char c = text.Value[i];
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' || (c == '/' && !isQuery))
            {
                builder.Append(text, i, i + 1);
            }
            else if (isQuery && c == ' ')
            {
                builder.Append('+', text.IsOutside(i));
            }
            else
            {
                foreach (byte part in Encoding.UTF8.GetBytes(rune.ToString()))
                    builder.Append("%" + part.ToString("X2", CultureInfo.InvariantCulture), text.IsOutside(i));
            }
            i += length;
        }
        return builder.ToText();
    }

    private static object? WordCount(Run run, object? value, Arguments arguments)
    {
        long count = 0;
        bool inside = false;
        foreach (Rune rune in Repr.Str(run, value).Value.EnumerateRunes())
        {
            bool word = rune.Value == '_' || Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune);
            count += word && !inside ? 1 : 0;
            inside = word;
        }
        return Values.Box(count);
    }

    private static Text WordWrap(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("wordwrap", 0, "width", "break_long_words", "wrapstring", "break_on_hyphens");
        if (value is not Text text)
            throw value is UndefinedValue ? ((UndefinedValue)value).Error() : TemplateError.Type($"'{Values.TypeName(value)}' object has no attribute 'splitlines'");
        int width = Size(bound[0], 79);
        if (width <= 0)
            throw TemplateError.Value($"invalid width {width} (must be > 0)");
        Text separator = bound[2] is Text given ? given : new Text("\n");
        List<object?> lines = [];
        foreach (Text line in TextMethods.Lines(run, text))
            lines.AddRange(Wrapping.Wrap(run, line, width, !IsGiven(bound[1]) || Values.IsTrue(bound[1]), !IsGiven(bound[3]) || Values.IsTrue(bound[3])) is { Count: > 0 } wrapped ? wrapped : [Text.Empty]);
        return TextMethods.Join(run, separator, new ListValue(lines), strict: false);
    }

    private static Text XmlAttributes(Run run, object? value, Arguments arguments)
    {
        object? autospace = arguments.Bind("xmlattr", 0, "autospace")[0];
        if (value is not DictValue dict)
            throw new TemplateError(ChatTemplateErrorKind.Undefined, $"'{Values.TypeName(value)} object' has no attribute 'items'");
        TextBuilder builder = new(run);
        for (int i = 0; i < dict.Count; i++)
        {
            (object? key, object? item) = (dict.At(i).Key, dict.At(i).Value);
            if (item is null or UndefinedValue)
                continue;
            string name = TextMethods.String(key, "attribute name").Value;
            if (InvalidInAttribute().IsMatch(name))
                throw TemplateError.Value($"Invalid character in attribute name: {Repr.Quoted(name)}");
            if (builder.Length > 0 || !IsGiven(autospace) || Values.IsTrue(autospace))
                builder.Append(' ');
            builder.Append(Html.Escape(run, key)).Append("=\"").Append(Html.Escape(run, item)).Append('"');
        }
        return builder.ToText();
    }

    [GeneratedRegex(@"[ \t\n\r\f\v/>=]")]
    private static partial Regex InvalidInAttribute();
}
