using System;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Llamalith.Extensions.AI.Requests;

/// <summary>
/// Values of callers as JSON, by the metadata that Microsoft.Extensions.AI has of types, so without reflection where the program has none.
/// </summary>
internal static class JsonValues
{
    /// <summary>A value as JSON.</summary>
    /// <exception cref="NotSupportedException">Its type is not known.</exception>
    /// <exception cref="JsonException">It nests too deep.</exception>
    public static JsonElement ElementOf(object? value)
    {
        if (value is JsonElement json)
            return json;
        JsonSerializerOptions options = AIJsonUtilities.DefaultOptions;
        JsonTypeInfo type = options.GetTypeInfo(value?.GetType() ?? typeof(object));
        return JsonSerializer.SerializeToElement(value, type);
    }

    /// <summary>A value as text: a string as it is, anything else as JSON.</summary>
    /// <inheritdoc cref="ElementOf"/>
    public static string TextOf(object? value) => value switch
    {
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
        TextContent text => text.Text,
        _ => ElementOf(value).GetRawText(),
    };
}
