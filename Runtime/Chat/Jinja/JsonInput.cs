using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Llamalith.Chat.Jinja;

/// <summary>JSON as values of a template, all of whose strings are from outside.</summary>
internal static class JsonInput
{
    public static object? Read(JsonElement json, bool isOutside = true) => json.ValueKind switch
    {
        JsonValueKind.String => new Text(json.GetString()!, isOutside),
        JsonValueKind.Number => Number(json),
        JsonValueKind.True => Values.True,
        JsonValueKind.False => Values.False,
        JsonValueKind.Array => List(json, isOutside),
        JsonValueKind.Object => Dict(json, isOutside),
        _ => null,
    };

    private static object Number(JsonElement json)
    {
        if (json.TryGetInt64(out long integer))
            return Values.Box(integer);
        ReadOnlySpan<char> text = json.GetRawText();
        if (text.IndexOfAny(".eE") >= 0)
            return double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return text.Length <= 4300
            ? Values.Box(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
            : throw TemplateError.Value("Exceeds the limit (4300 digits) for integer string conversion");
    }

    private static ListValue List(JsonElement json, bool isOutside)
    {
        Run.CheckStack();
        List<object?> items = new(json.GetArrayLength());
        foreach (JsonElement item in json.EnumerateArray())
            items.Add(Read(item, isOutside));
        return new ListValue(items);
    }

    private static DictValue Dict(JsonElement json, bool isOutside)
    {
        Run.CheckStack();
        DictValue dict = new();
        foreach (JsonProperty property in json.EnumerateObject())
            dict.Set(new Text(property.Name, isOutside), Read(property.Value, isOutside));
        return dict;
    }
}
