using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <content>What cuts a text into parts.</content>
internal static partial class TextMethods
{
    /// <summary>Lines without their ends.</summary>
    public static List<Text> Lines(Run run, Text text, bool keepEnds = false)
    {
        List<Text> lines = [];
        string value = text.Value;
        int start = 0;
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029'))
                continue;
            int end = i;
            if (value[i] == '\r' && i + 1 < value.Length && value[i + 1] == '\n')
                i++;
            run.ChargeItems(1);
            run.ChargeChars(end - start);
            lines.Add(text.Slice(start, keepEnds ? i + 1 : end));
            start = i + 1;
        }
        if (start < value.Length)
            lines.Add(text.Slice(start, value.Length));
        return lines;
    }

    private static ListValue SplitLines(Run run, Text text, Arguments arguments)
    {
        object? keep = arguments.Bind("splitlines", 0, "keepends")[0];
        return new ListValue([.. Lines(run, text, keep != Arguments.Missing && Values.IsTrue(keep))]);
    }

    private static ListValue Split(Run run, Text text, Arguments arguments, string name, bool fromEnd)
    {
        object?[] bound = arguments.Bind(name, 0, "sep", "maxsplit");
        int most = bound[1] == Arguments.Missing ? -1 : Values.Index(bound[1]);
        if (most < 0)
            most = int.MaxValue;
        List<object?> parts = [];
        object? separator = Optional(bound[0]);
        if (separator is null)
            SplitAtSpace(run, text, most, fromEnd, parts);
        else
            SplitAt(run, text, separator is Text given
                ? given.Value : throw TemplateError.Type($"must be str or None, not {Values.TypeName(separator)}"), most, fromEnd, parts);
        if (fromEnd)
            parts.Reverse();
        return new ListValue(parts);
    }

    private static void SplitAt(Run run, Text text, string separator, int most, bool fromEnd, List<object?> parts)
    {
        if (separator.Length == 0)
            throw TemplateError.Value("empty separator");
        string value = text.Value;
        int start = 0, end = value.Length;
        run.Step(value.Length >> 4);
        while (most-- > 0)
        {
            int at = fromEnd ? value.AsSpan(0, end).LastIndexOf(separator) : value.IndexOf(separator, start, StringComparison.Ordinal);
            if (at < 0)
                break;
            run.ChargeItems(1);
            run.ChargeChars(fromEnd ? end - at : at - start);
            if (fromEnd)
            {
                parts.Add(text.Slice(at + separator.Length, end));
                end = at;
            }
            else
            {
                parts.Add(text.Slice(start, at));
                start = at + separator.Length;
            }
        }
        run.ChargeChars(end - start);
        parts.Add(text.Slice(start, end));
    }

    private static void SplitAtSpace(Run run, Text text, int most, bool fromEnd, List<object?> parts)
    {
        string value = text.Value;
        int start = 0, end = value.Length;
        while (true)
        {
            while (start < end && Lexer.IsSpace(value[fromEnd ? end - 1 : start]))
                _ = fromEnd ? end-- : start++;
            if (start == end)
                return;
            run.ChargeItems(1);
            if (most-- <= 0)
            {
                parts.Add(Strip(text.Slice(start, end), null, fromEnd, false));
                return;
            }
            int from = start, to = end;
            if (fromEnd)
            {
                while (end > start && !Lexer.IsSpace(value[end - 1]))
                    end--;
                from = end;
            }
            else
            {
                while (start < end && !Lexer.IsSpace(value[start]))
                    start++;
                to = start;
            }
            run.ChargeChars(to - from);
            parts.Add(text.Slice(from, to));
        }
    }

    private static TupleValue Partition(Text text, Arguments arguments, string name, bool fromEnd)
    {
        Text separator = String(arguments.Bind(name, 1, "sep")[0], "must be str, argument");
        if (separator.Value.Length == 0)
            throw TemplateError.Value("empty separator");
        int at = fromEnd ? text.Value.LastIndexOf(separator.Value, StringComparison.Ordinal)
            : text.Value.IndexOf(separator.Value, StringComparison.Ordinal);
        if (at < 0)
            return fromEnd ? new TupleValue([Text.Empty, Text.Empty, text]) : new TupleValue([text, Text.Empty, Text.Empty]);
        return new TupleValue([text.Slice(0, at), separator, text.Slice(at + separator.Value.Length, text.Value.Length)]);
    }
}
