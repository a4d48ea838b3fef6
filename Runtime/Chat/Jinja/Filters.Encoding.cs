using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Llamalith.Chat.Jinja;

/// <content>Filters that write values for others to read: JSON, URLs, XML.</content>
internal static partial class Filters
{
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
