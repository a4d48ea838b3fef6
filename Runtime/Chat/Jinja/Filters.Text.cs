using System;
using System.Collections.Generic;
using System.Text;

namespace Llamalith.Chat.Jinja;

/// <content>Filters of texts.</content>
internal static partial class Filters
{
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
        {
            throw value is UndefinedValue undefined
                ? undefined.Error() : TemplateError.Type($"unsupported operand type(s) for +=: '{Values.TypeName(value)}' and 'str'");
        }

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
        return TextMethods.Replace(
            run, Repr.Str(run, value).AsPlain(), Repr.Str(run, bound[0]).AsPlain(), Repr.Str(run, bound[1]).AsPlain(), count);
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
        {
            throw value is UndefinedValue ? ((UndefinedValue)value)
                .Error() : TemplateError.Type($"'{Values.TypeName(value)}' object has no attribute 'splitlines'");
        }

        int width = Size(bound[0], 79);
        if (width <= 0)
            throw TemplateError.Value($"invalid width {width} (must be > 0)");
        Text separator = bound[2] is Text given ? given : new Text("\n");
        List<object?> lines = [];
        foreach (Text line in TextMethods.Lines(run, text))
        {
            lines.AddRange(Wrapping.Wrap(run, line, width, !IsGiven(bound[1]) || Values.IsTrue(bound[1]),
                !IsGiven(bound[3]) || Values.IsTrue(bound[3])) is { Count: > 0 } wrapped ? wrapped : [Text.Empty]);
        }

        return TextMethods.Join(run, separator, new ListValue(lines), strict: false);
    }
}
