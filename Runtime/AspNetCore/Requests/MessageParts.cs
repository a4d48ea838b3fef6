using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Requests;

/// <summary>Parts of messages that several APIs write alike.</summary>
internal static class MessageParts
{
    /// <summary>A message's text: a string, or a list of parts that are text.</summary>
    /// <param name="fields">The message.</param>
    /// <param name="field">The field that has it.</param>
    /// <param name="types">What parts of text are called.</param>
    /// <exception cref="ApiException">There is something else than text.</exception>
    public static string? Text(Fields fields, string field, params ReadOnlySpan<string> types)
    {
        if (fields.Value(field) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        if (value.ValueKind != JsonValueKind.Array)
            throw Fields.Wrong(fields.Name(field), value, "a string or a list of parts");
        StringBuilder text = new();
        foreach (Fields part in fields.Objects(field))
        {
            string type = part.NeedText("type");
            if (!types.Contains(type))
                throw part.Unsupported("type", "this model reads text alone");
            text.Append(part.NeedText(type == "refusal" ? "refusal" : "text"));
        }
        return text.ToString();
    }

    /// <summary>A call's arguments, from an object.</summary>
    /// <exception cref="ApiException">They are no object.</exception>
    public static Dictionary<string, object?> Arguments(JsonElement json, string path)
    {
        _ = Fields.Of(json, path);
        Dictionary<string, object?> arguments = new(StringComparer.Ordinal);
        foreach (JsonProperty property in json.EnumerateObject())
            arguments[property.Name] = property.Value.Clone();
        return arguments;
    }

    /// <summary>A call's arguments, from JSON within a string.</summary>
    /// <exception cref="ApiException">They are no object.</exception>
    public static Dictionary<string, object?> Arguments(Fields fields, string field)
    {
        string text = fields.Text(field) ?? "";
        if (string.IsNullOrWhiteSpace(text))
            return new Dictionary<string, object?>(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = RequestBody.Parse(Encoding.UTF8.GetBytes(text));
            return Arguments(document.RootElement, fields.Name(field));
        }
        catch (ApiException e)
        {
            throw ApiException.BadField(fields.Name(field), $"{fields.Name(field)} must be a JSON object within a string. {e.Message}");
        }
    }

    /// <summary>Adds a message, unless it says nothing.</summary>
    public static void Add(List<ChatMessage> messages, ChatRole role, params AIContent[] contents)
    {
        if (contents.Length > 0)
            messages.Add(new ChatMessage(role, contents));
    }
}
