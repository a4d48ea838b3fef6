using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;

namespace Llamalith.AspNetCore.Requests;

/// <summary>
/// An object of a request, read field by field. One that is null counts as left out; one of another kind than is asked for is an error that
/// names it by its path.
/// </summary>
internal readonly struct Fields
{
    private readonly JsonElement _json;
    private readonly string _path;

    private Fields(JsonElement json, string path)
    {
        _json = json;
        _path = path;
    }

    /// <summary>Where the object stands in the request, such as "messages[0]"; empty for the request itself.</summary>
    public string Path => _path;

    /// <summary>The object as it was written.</summary>
    public JsonElement Json => _json;

    /// <summary>An object.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static Fields Of(JsonElement json, string path = "") => json.ValueKind == JsonValueKind.Object
        ? new Fields(json, path)
        : throw Wrong(path, json, "an object");

    /// <summary>The path of a field.</summary>
    public string Name(string field) => _path.Length == 0 ? field : $"{_path}.{field}";

    /// <summary>Any value.</summary>
    public JsonElement? Value(string field) =>
        _json.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text.</summary>
    public string? Text(string field) => Value(field) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong(Name(field), value, "a string");

    /// <summary>A text that must be there.</summary>
    public string NeedText(string field) => Text(field) ?? throw Missing(field);

    /// <summary>One of some words.</summary>
    public string? Word(string field, params ReadOnlySpan<string> words)
    {
        if (Text(field) is not { } text)
            return null;
        return words.Contains(text) ? text : throw NoneOf(field, text, words);
    }

    /// <summary>A whole number within bounds.</summary>
    public long? Whole(string field, long least, long most)
    {
        if (Value(field) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number || !TryGetWhole(value, out long number))
            throw Wrong(Name(field), value, "a whole number");
        return number >= least && number <= most ? number : throw Outside(field, value, least, most);
    }

    /// <summary>A number within bounds.</summary>
    public float? Real(string field, double least, double most)
    {
        if (Value(field) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            throw Wrong(Name(field), value, "a number");
        double number = value.GetDouble();
        return number >= least && number <= most ? (float)number : throw Outside(field, value, least, most);
    }

    /// <summary>Yes or no.</summary>
    public bool? Flag(string field) => Value(field) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(Name(field), value, "true or false");

    /// <summary>An object within.</summary>
    public Fields? Object(string field) => Value(field) is { } value ? Of(value, Name(field)) : null;

    /// <summary>The values of a list, each with its path; none where it was left out.</summary>
    public IEnumerable<(JsonElement Value, string Path)> List(string field)
    {
        if (Value(field) is not { } list)
            yield break;
        if (list.ValueKind != JsonValueKind.Array)
            throw Wrong(Name(field), list, "a list");
        int i = 0;
        foreach (JsonElement value in list.EnumerateArray())
            yield return (value, string.Create(CultureInfo.InvariantCulture, $"{Name(field)}[{i++}]"));
    }

    /// <summary>The objects of a list; none where it was left out.</summary>
    public IEnumerable<Fields> Objects(string field)
    {
        foreach ((JsonElement value, string path) in List(field))
            yield return Of(value, path);
    }

    /// <summary>The texts of a list, or the only one.</summary>
    public IEnumerable<string> Texts(string field)
    {
        if (Value(field) is { ValueKind: JsonValueKind.String } only)
        {
            yield return only.GetString()!;
            yield break;
        }
        foreach ((JsonElement value, string path) in List(field))
            yield return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(path, value, "a string");
    }

    /// <summary>A field that is there, but that nothing here can honour.</summary>
    public ApiException Unsupported(string field, string instead) => ApiException.BadField(
        Name(field), $"{Name(field)} = {Shown(_json.GetProperty(field))} cannot be honoured: {instead}.");

    /// <summary>A field that is needed.</summary>
    public ApiException Missing(string field) => ApiException.BadField(Name(field), $"{Name(field)} is missing.");

    /// <summary>A word that is not among those known.</summary>
    public ApiException NoneOf(string field, string text, ReadOnlySpan<string> words) => ApiException.BadField(
        Name(field), $"{Name(field)} = \"{Cut(text)}\", but it must be one of: {string.Join(", ", words!)}.");

    /// <summary>A value of another kind than is needed.</summary>
    public static ApiException Wrong(string path, JsonElement value, string must) => ApiException.BadField(
        path, $"{(path.Length == 0 ? "The body" : path)} is {Kind(value)}, but must be {must}.");

    private ApiException Outside(string field, JsonElement value, double least, double most) => ApiException.BadField(
        Name(field),
        string.Create(CultureInfo.InvariantCulture, $"{Name(field)} = {Shown(value)}, but it must lie from {least} to {most}."));

    private static bool TryGetWhole(JsonElement value, out long number)
    {
        if (value.TryGetInt64(out number))
            return true;
        // Some clients write 5.0.
        double real = value.GetDouble();
        number = Math.Abs(real) < 1L << 53 ? (long)real : 0;
        return number == real;
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.GetRawText() is { Length: < 40 } text ? text : "a number",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    private static string Shown(JsonElement value) => Cut(value.GetRawText());

    private static string Cut(string text) => text.Length <= 80 ? text : text[..(char.IsHighSurrogate(text[79]) ? 79 : 80)] + "...";
}
