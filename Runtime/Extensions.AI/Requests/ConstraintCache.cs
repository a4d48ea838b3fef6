using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Llamalith.Constraints;

namespace Llamalith.Extensions.AI.Requests;

/// <summary>Compiled schemas by their text: requests repeat theirs. The oldest go first.</summary>
internal sealed class ConstraintCache(bool plainForm)
{
    private const int Most = 256;

    private static readonly string[] s_moreOfProperties =
    [
        "additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames", "minProperties", "$ref", "allOf", "anyOf",
        "oneOf", "not", "if", "dependentSchemas", "dependentRequired", "dependencies",
    ];

    private readonly Dictionary<string, Constraint> _made = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>What a schema asks for.</summary>
    /// <exception cref="ConstraintException">It cannot be honoured.</exception>
    public Constraint Schema(string schema)
    {
        lock (_made)
        {
            if (_made.TryGetValue(schema, out Constraint? known))
                return known;
        }
        Constraint made = Constraint.FromJsonSchema(schema, plainForm);
        lock (_made)
        {
            if (_made.TryAdd(schema, made))
                _order.Enqueue(schema);
            if (_order.Count > Most)
                _made.Remove(_order.Dequeue());
        }
        return made;
    }

    /// <summary>
    /// What a tool's arguments must be: an object that meets its schema, without properties that the schema does not mention unless it says
    /// something
    /// of them.
    /// </summary>
    /// <exception cref="ConstraintException">It cannot be honoured.</exception>
    public Constraint Arguments(JsonElement schema) => Schema(Closed(schema));

    private static string Closed(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            return schema.ValueKind == JsonValueKind.False ? "false" : """{"type":"object"}""";
        bool hasType = schema.TryGetProperty("type", out _);
        bool isOpen = hasType && !SaysMore(schema) && RequiresKnownNames(schema);
        if (hasType && !isOpen)
            return schema.GetRawText();
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            foreach (JsonProperty property in schema.EnumerateObject())
                property.WriteTo(writer);
            if (!hasType)
                writer.WriteString("type", "object");
            if (isOpen)
                writer.WriteBoolean("additionalProperties", false);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static bool SaysMore(JsonElement schema)
    {
        foreach (string keyword in s_moreOfProperties)
        {
            if (schema.TryGetProperty(keyword, out _))
                return true;
        }
        return false;
    }

    private static bool RequiresKnownNames(JsonElement schema) =>
        !schema.TryGetProperty("required", out JsonElement required)
        || (required.ValueKind == JsonValueKind.Array && required.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String
            && schema.TryGetProperty("properties", out JsonElement known) && known.ValueKind == JsonValueKind.Object
            && known.TryGetProperty(name.GetString()!, out _)));
}
