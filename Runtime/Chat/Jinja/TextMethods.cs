using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Llamalith.Chat.Jinja;

/// <summary>Methods of strings.</summary>
internal static partial class TextMethods
{
    private static readonly Dictionary<string, Func<Run, Text, Arguments, object?>> s_methods = new()
    {
        ["upper"] = static (run, text, arguments) => NoArguments(arguments, "upper", () => Casing.Upper(run, text)),
        ["lower"] = static (run, text, arguments) => NoArguments(arguments, "lower", () => Casing.Lower(run, text)),
        ["title"] = static (run, text, arguments) => NoArguments(arguments, "title", () => Casing.Title(run, text)),
        ["capitalize"] = static (run, text, arguments) => NoArguments(arguments, "capitalize", () => Casing.Capitalize(run, text)),
        ["swapcase"] = static (run, text, arguments) => NoArguments(arguments, "swapcase", () => Casing.Swap(run, text)),
        ["casefold"] = static (run, text, arguments) => NoArguments(arguments, "casefold", () => Casing.Fold(run, text)),
        ["strip"] = static (_, text, arguments) => Strip(text, Optional(arguments.Bind("strip", 0, "chars")[0]), true, true),
        ["lstrip"] = static (_, text, arguments) => Strip(text, Optional(arguments.Bind("lstrip", 0, "chars")[0]), true, false),
        ["rstrip"] = static (_, text, arguments) => Strip(text, Optional(arguments.Bind("rstrip", 0, "chars")[0]), false, true),
        ["split"] = static (run, text, arguments) => Split(run, text, arguments, "split", fromEnd: false),
        ["rsplit"] = static (run, text, arguments) => Split(run, text, arguments, "rsplit", fromEnd: true),
        ["splitlines"] = SplitLines,
        ["partition"] = static (_, text, arguments) => Partition(text, arguments, "partition", fromEnd: false),
        ["rpartition"] = static (_, text, arguments) => Partition(text, arguments, "rpartition", fromEnd: true),
        ["startswith"] = static (_, text, arguments) =>
            Affix(text, arguments, "startswith", static (part, affix) => part.StartsWith(affix, StringComparison.Ordinal)),
        ["endswith"] = static (_, text, arguments) =>
            Affix(text, arguments, "endswith", static (part, affix) => part.EndsWith(affix, StringComparison.Ordinal)),
        ["removeprefix"] = static (_, text, arguments) =>
            String(arguments.Bind("removeprefix", 1, "prefix")[0], "removeprefix() argument") is var prefix
            && text.Value.StartsWith(prefix.Value, StringComparison.Ordinal) ? text.Slice(prefix.Value.Length, text.Value.Length) : text,
        ["removesuffix"] = static (_, text, arguments) =>
            String(arguments.Bind("removesuffix", 1, "suffix")[0], "removesuffix() argument") is var suffix
            && text.Value.EndsWith(suffix.Value, StringComparison.Ordinal) ? text.Slice(0, text.Value.Length - suffix.Value.Length) : text,
        ["replace"] = static (run, text, arguments) =>
        {
            object?[] bound = arguments.Bind("replace", 2, "old", "new", "count");
            int count = bound[2] == Arguments.Missing ? -1 : Values.Index(bound[2]);
            return Replace(run, text, String(bound[0], "replace() argument 1"), String(bound[1], "replace() argument 2"), count);
        },
        ["find"] = static (_, text, arguments) => Values.Box(Find(text, arguments, "find", fromEnd: false)),
        ["rfind"] = static (_, text, arguments) => Values.Box(Find(text, arguments, "rfind", fromEnd: true)),
        ["index"] = static (_, text, arguments) => Values.Box(Require(Find(text, arguments, "index", fromEnd: false))),
        ["rindex"] = static (_, text, arguments) => Values.Box(Require(Find(text, arguments, "rindex", fromEnd: true))),
        ["count"] = Count,
        ["join"] = static (run, text, arguments) =>
        {
            object? items = arguments.Bind("join", 1, "iterable")[0];
            if (Values.Elements(items) is null)
                throw TemplateError.Type("can only join an iterable");
            return Join(run, text, items, strict: true);
        },
        ["format"] = StrFormat.Format,
        ["format_map"] = static (run, text, arguments) =>
            StrFormat.Format(run, text, new Arguments([], StrFormat.Names(arguments.Bind("format_map", 1, "mapping")[0]))),
        ["isdigit"] = static (_, text, _) => All(text, static rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber
            || (Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherNumber && Rune.GetNumericValue(rune) is >= 0 and <= 9 and var value
                && value == Math.Floor(value) && IsDigitForm(rune))),
        ["isdecimal"] = static (_, text, _) =>
            All(text, static rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber),
        ["isnumeric"] = static (_, text, _) => All(text, static rune => Rune.IsNumber(rune)),
        ["isalpha"] = static (_, text, _) => All(text, Rune.IsLetter),
        ["isalnum"] = static (_, text, _) => All(text, static rune => Rune.IsLetter(rune) || Rune.IsNumber(rune)),
        ["isspace"] = static (_, text, _) => All(text, static rune => rune.IsBmp && Lexer.IsSpace((char)rune.Value)),
        ["isascii"] = static (_, text, _) => Values.Box(Ascii.IsValid(text.Value)),
        ["isupper"] = static (_, text, _) => Values.Box(Casing.Is(text, upper: true)),
        ["islower"] = static (_, text, _) => Values.Box(Casing.Is(text, upper: false)),
        ["istitle"] = static (_, text, _) => Values.Box(Casing.IsTitle(text)),
        ["isidentifier"] = static (_, text, _) => Values.Box(text.Value.Length > 0 && !char.IsAsciiDigit(text.Value[0])
            && All(text, static rune => rune.Value == '_' || Rune.IsLetterOrDigit(rune)) is true),
        ["isprintable"] = static (_, text, _) =>
            Values.Box(Repr.Quoted(text.Value.Replace("\\", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal))
                is var quoted && !quoted.Contains('\\', StringComparison.Ordinal)),
        ["ljust"] = static (run, text, arguments) => Pad(run, text, arguments, "ljust"),
        ["rjust"] = static (run, text, arguments) => Pad(run, text, arguments, "rjust"),
        ["center"] = static (run, text, arguments) => Pad(run, text, arguments, "center"),
        ["zfill"] = ZeroFill,
        ["expandtabs"] = ExpandTabs,
    };

    public static Function? Find(Text text, string name)
    {
        if (s_methods.TryGetValue(name, out Func<Run, Text, Arguments, object?>? method))
            return new Function(name, (run, arguments) => method(run, text, arguments), text);
        return name is "encode" or "maketrans" or "translate"
            ? new Function(name, (_, _) => throw new TemplateError(ChatTemplateErrorKind.Other, $"str.{name} is not supported"), text)
            : null;
    }

    /// <summary>A string, or an error that says where one was wanted.</summary>
    public static Text String(object? value, string what) => value switch
    {
        Text text => text,
        UndefinedValue => throw TemplateError.Type($"{what} must be str, not Undefined"),
        _ => throw TemplateError.Type($"{what} must be str, not {Values.TypeName(value)}"),
    };

    public static Text Strip(Text text, object? chars, bool left, bool right)
    {
        string value = text.Value;
        string? set = chars is null ? null : chars is Text given
            ? given.Value : throw TemplateError.Type($"strip arg must be None or str, not {Values.TypeName(chars)}");
        int start = 0, end = value.Length;
        while (left && start < end && IsIn(start, out int length))
            start += length;
        while (right && end > start && IsIn(end - (end - 2 >= start && char.IsSurrogatePair(value, end - 2) ? 2 : 1), out int length))
            end -= length;
        return text.Slice(start, end);

        bool IsIn(int at, out int length)
        {
            length = char.IsHighSurrogate(value[at]) && at + 1 < value.Length && char.IsLowSurrogate(value[at + 1]) ? 2 : 1;
            return set is null ? Lexer.IsSpace(value[at]) : set.AsSpan().IndexOf(value.AsSpan(at, length)) >= 0;
        }
    }

    public static Text Replace(Run run, Text text, Text old, Text with, int count)
    {
        if (count == 0 || (old.Value.Length > 0 && !text.Value.Contains(old.Value, StringComparison.Ordinal)))
            return text;
        if (text.IsMarkup)
            with = Html.Escape(run, with);
        TextBuilder builder = new(run);
        int at = 0;
        if (old.Value.Length == 0)
        {
            for (int i = 0, length = text.Count; i <= length; i++)
            {
                if (count-- != 0)
                    builder.Append(with);
                else
                    count = 0;
                builder.Append(text, text.UnitOf(i), text.UnitOf(i + 1));
            }
            return builder.ToText(text.IsMarkup);
        }
        while (count != 0)
        {
            run.Step();
            int found = text.Value.IndexOf(old.Value, at, StringComparison.Ordinal);
            if (found < 0)
                break;
            builder.Append(text, at, found).Append(with);
            at = found + old.Value.Length;
            count--;
        }
        return builder.Append(text, at, text.Value.Length).ToText(text.IsMarkup);
    }

    /// <summary>All items with a text between; where strict, they must be strings.</summary>
    public static Text Join(Run run, Text separator, object? items, bool strict)
    {
        TextBuilder builder = new(run);
        int index = 0;
        foreach (object? item in Values.Iterate(items))
        {
            run.Step();
            if (strict && item is not Text)
            {
                throw TemplateError.Type(string.Create(
                    CultureInfo.InvariantCulture, $"sequence item {index}: expected str instance, {Values.TypeName(item)} found"));
            }

            if (index++ > 0)
                builder.Append(separator);
            Text text = Repr.Str(run, item);
            builder.Append(separator.IsMarkup && strict ? Html.Escape(run, text) : text);
        }
        return builder.ToText(separator.IsMarkup && strict);
    }

    public static Text Center(Run run, Text text, int width, Text? fill = null)
    {
        int margin = width - text.Count;
        if (margin <= 0)
            return text;
        int left = margin / 2 + (margin & width & 1);
        return Padded(run, text, left, margin - left, fill);
    }

    private static object? Optional(object? value) => value == Arguments.Missing ? null : value;

    private static Text NoArguments(Arguments arguments, string name, Func<Text> make) =>
        arguments.Count == 0 ? make() : throw TemplateError.Type($"str.{name}() takes no arguments ({arguments.Count} given)");

    private static (int Start, int End) Stretch(Text text, object? start, object? stop)
    {
        (int first, _, int count) = new SliceValue(Optional(start), Optional(stop), null).Resolve(text.Count);
        return (text.UnitOf(first), text.UnitOf(first + count));
    }

    private static object Affix(Text text, Arguments arguments, string name, Func<string, string, bool> holds)
    {
        object?[] bound = arguments.Bind(name, 1, "prefix", "start", "end");
        (int start, int end) = Stretch(text, bound[1], bound[2]);
        string part = text.Value[start..end];
        bool beyond = Optional(bound[1]) is not null && Values.Index(bound[1]) > text.Count;
        switch (bound[0])
        {
            case Text affix:
                return Values.Box(!beyond && holds(part, affix.Value));
            case TupleValue affixes:
                foreach (object? item in affixes.Items)
                {
                    if (item is not Text one)
                        throw TemplateError.Type($"tuple for {name} must only contain str, not {Values.TypeName(item)}");
                    if (!beyond && holds(part, one.Value))
                        return Values.True;
                }
                return Values.False;
            default:
                throw TemplateError.Type($"{name} first arg must be str or a tuple of str, not {Values.TypeName(bound[0])}");
        }
    }

    private static int Find(Text text, Arguments arguments, string name, bool fromEnd)
    {
        object?[] bound = arguments.Bind(name, 1, "sub", "start", "end");
        Text part = String(bound[0], "must be str, argument");
        (int start, int end) = Stretch(text, bound[1], bound[2]);
        ReadOnlySpan<char> stretch = text.Value.AsSpan(start, end - start);
        int at = fromEnd ? stretch.LastIndexOf(part.Value) : stretch.IndexOf(part.Value);
        return at < 0 ? -1 : text.CodePointOf(start + at);
    }

    private static int Require(int at) => at >= 0 ? at : throw TemplateError.Value("substring not found");

    private static object? Count(Run run, Text text, Arguments arguments)
    {
        object?[] bound = arguments.Bind("count", 1, "sub", "start", "end");
        Text part = String(bound[0], "must be str, argument");
        (int start, int end) = Stretch(text, bound[1], bound[2]);
        run.Step((end - start) >> 4);
        return Values.Box(part.Value.Length == 0
            ? text.CodePointOf(end) - text.CodePointOf(start) + 1 : text.Value.AsSpan(start, end - start).Count(part.Value));
    }

    private static object All(Text text, Func<Rune, bool> holds)
    {
        if (text.Value.Length == 0)
            return Values.False;
        foreach (Rune rune in text.Value.EnumerateRunes())
            if (!holds(rune))
                return Values.False;
        return Values.True;
    }

    // Superscripts, subscripts and digits in circles: Unicode's digits that are no decimals.
    private static bool IsDigitForm(Rune rune) =>
        rune.Value is 0xB2 or 0xB3 or 0xB9 or 0x2070 or >= 0x2074 and <= 0x2079 or >= 0x2080 and <= 0x2089
        or >= 0x2460 and <= 0x2468 or >= 0x2474 and <= 0x247C or >= 0x2488 and <= 0x2490 or 0x24EA or >= 0x24F5 and <= 0x24FD or 0x24FF
        or >= 0x2776 and <= 0x277E or >= 0x2780 and <= 0x2788 or >= 0x278A and <= 0x2792;

    private static Text Pad(Run run, Text text, Arguments arguments, string name)
    {
        object?[] bound = arguments.Bind(name, 1, "width", "fillchar");
        Text? fill = bound[1] == Arguments.Missing ? null : String(bound[1], "The fill character");
        if (fill is not null && fill.Count != 1)
            throw TemplateError.Type("The fill character must be exactly one character long");
        int width = Values.Index(bound[0]), margin = width - text.Count;
        if (margin <= 0)
            return text;
        return name switch
        {
            "ljust" => Padded(run, text, 0, margin, fill),
            "rjust" => Padded(run, text, margin, 0, fill),
            _ => Center(run, text, width, fill),
        };
    }

    private static Text Padded(Run run, Text text, int left, int right, Text? fill)
    {
        run.ChargeChars(2L * left + 2L * right);
        TextBuilder builder = new(run);
        fill ??= new Text(" ");
        for (int i = 0; i < left; i++)
            builder.Append(fill);
        builder.Append(text);
        for (int i = 0; i < right; i++)
            builder.Append(fill);
        return builder.ToText(text.IsMarkup);
    }

    private static Text ZeroFill(Run run, Text text, Arguments arguments)
    {
        int margin = Values.Index(arguments.Bind("zfill", 1, "width")[0]) - text.Count;
        if (margin <= 0)
            return text;
        int sign = text.Value.StartsWith('-') || text.Value.StartsWith('+') ? 1 : 0;
        run.ChargeChars(margin);
        return new TextBuilder(run).Append(text, 0, sign).Append(new string('0', margin)).Append(text, sign, text.Value.Length)
            .ToText(text.IsMarkup);
    }

    private static Text ExpandTabs(Run run, Text text, Arguments arguments)
    {
        object? given = arguments.Bind("expandtabs", 0, "tabsize")[0];
        int size = given == Arguments.Missing ? 8 : Values.Index(given);
        TextBuilder builder = new(run);
        int column = 0;
        for (int i = 0; i < text.Value.Length; i++)
        {
            char c = text.Value[i];
            if (c == '\t')
            {
                int width = size > 0 ? size - column % size : 0;
                run.ChargeChars(width);
                builder.Append(new string(' ', width));
                column += width;
                continue;
            }
            builder.Append(text, i, i + 1);
            column = c is '\n' or '\r' ? 0 : column + (char.IsLowSurrogate(c) ? 0 : 1);
        }
        return builder.ToText(text.IsMarkup);
    }
}
