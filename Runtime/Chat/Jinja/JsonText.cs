using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>
/// What the `tojson` filter of chat templates writes: Python's `json.dumps`, its white space and spelling of numbers included.
/// </summary>
internal sealed class JsonText(
    Run run, TextBuilder builder, bool onlyAscii, Text? indent, Text itemSeparator, Text keySeparator, bool sortKeys)
{
    public void Write(object? value) => Write(value, 0);

    private void Write(object? value, int level)
    {
        run.Step();
        Run.CheckStack();
        switch (value)
        {
            case null:
                builder.Append("null");
                break;
            case bool flag:
                builder.Append(flag ? "true" : "false");
                break;
            case Text text:
                WriteString(text);
                break;
            case long or BigInteger or double:
                builder.Append(Number(value));
                break;
            case ListValue list:
                WriteList(list.Items, level);
                break;
            case TupleValue tuple:
                WriteList(tuple.Items, level);
                break;
            case DictValue dict:
                WriteDict(dict, level);
                break;
            default:
                throw TemplateError.Type($"Object of type {Values.TypeName(value)} is not JSON serializable");
        }
    }

    private static string Number(object? value) => value switch
    {
        long integer => integer.ToString(CultureInfo.InvariantCulture),
        BigInteger integer => Repr.Integer(integer),
        double number when double.IsNaN(number) => "NaN",
        double number when double.IsInfinity(number) => number > 0 ? "Infinity" : "-Infinity",
        _ => Repr.Float((double)value!),
    };

    private void WriteList(IReadOnlyList<object?> items, int level)
    {
        if (items.Count == 0)
        {
            builder.Append("[]");
            return;
        }
        builder.Append('[');
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                builder.Append(itemSeparator);
            WriteLine(level + 1);
            Write(items[i], level + 1);
        }
        WriteLine(level);
        builder.Append(']');
    }

    private void WriteDict(DictValue dict, int level)
    {
        if (dict.Count == 0)
        {
            builder.Append("{}");
            return;
        }
        List<object?> order = [];
        for (int i = 0; i < dict.Count; i++)
            order.Add(new TupleValue([dict.At(i).Key, dict.At(i).Value]));
        if (sortKeys)
            order = Sorting.Sort(run, order, static pair => ((TupleValue)pair!).Items[0], reverse: false);
        builder.Append('{');
        for (int i = 0; i < order.Count; i++)
        {
            TupleValue pair = (TupleValue)order[i]!;
            if (i > 0)
                builder.Append(itemSeparator);
            WriteLine(level + 1);
            WriteString(Key(pair.Items[0]));
            builder.Append(keySeparator);
            Write(pair.Items[1], level + 1);
        }
        WriteLine(level);
        builder.Append('}');
    }

    private static Text Key(object? key) => key switch
    {
        Text text => text,
        null => new Text("null"),
        bool flag => new Text(flag ? "true" : "false"),
        long or BigInteger or double => new Text(Number(key)),
        _ => throw TemplateError.Type($"keys must be str, int, float, bool or None, not {Values.TypeName(key)}"),
    };

    private void WriteLine(int level)
    {
        if (indent is null)
            return;
        builder.Append('\n');
        for (int i = 0; i < level; i++)
            builder.Append(indent);
    }

    private void WriteString(Text text)
    {
        string value = text.Value;
        builder.Append('"');
        int plain = 0;
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (c is >= ' ' and not ('"' or '\\') && (!onlyAscii || c <= '~'))
                continue;
            string escaped = c switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                '\b' => @"\b",
                '\f' => @"\f",
                _ => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture),
            };
            builder.Append(text, plain, i).Append(escaped, text.IsOutside(i));
            plain = i + 1;
        }
        builder.Append(text, plain, value.Length).Append('"');
    }
}
