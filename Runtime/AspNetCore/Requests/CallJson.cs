using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Requests;

/// <summary>The arguments of calls as JSON, by the metadata that Microsoft.Extensions.AI has of types.</summary>
internal static class CallJson
{
    /// <summary>As text.</summary>
    public static string Arguments(FunctionCallContent call)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, EventStream.Writing))
            Write(writer, call);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>As an object.</summary>
    public static void Write(Utf8JsonWriter writer, FunctionCallContent call)
    {
        writer.WriteStartObject();
        foreach ((string name, object? value) in call.Arguments ?? new Dictionary<string, object?>())
        {
            writer.WritePropertyName(name);
            if (value is JsonElement json)
            {
                json.WriteTo(writer);
                continue;
            }
            JsonTypeInfo type = AIJsonUtilities.DefaultOptions.GetTypeInfo(value?.GetType() ?? typeof(object));
            JsonSerializer.Serialize(writer, value, type);
        }
        writer.WriteEndObject();
    }
}
