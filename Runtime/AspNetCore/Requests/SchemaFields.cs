using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Requests;

/// <summary>Tools and schemas: what each API wraps in its own way.</summary>
internal static class SchemaFields
{
    private static readonly JsonElement s_anyObject = Parsed("""{"type":"object","properties":{}}""");

    /// <summary>A function that the model may call.</summary>
    /// <param name="fields">The object that has its name and description.</param>
    /// <param name="schema">The field that has the schema of its arguments.</param>
    /// <exception cref="ApiException">It has no name, or a schema that is none.</exception>
    public static AITool Tool(Fields fields, string schema)
    {
        string name = fields.NeedText("name");
        if (name.Length is 0 or > 256)
        {
            throw ApiException.BadField(
                fields.Name("name"), $"{fields.Name("name")} has {name.Length} characters, but must have 1 to 256.");
        }
        return AIFunctionFactory.CreateDeclaration(name, fields.Text("description") ?? "", Schema(fields, schema) ?? s_anyObject);
    }

    /// <summary>A schema; null where there is none.</summary>
    /// <exception cref="ApiException">It is neither an object nor a truth value.</exception>
    public static JsonElement? Schema(Fields fields, string field) => fields.Value(field) is not { } schema ? null
        : schema.ValueKind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False ? schema.Clone()
        : throw Fields.Wrong(fields.Name(field), schema, "a JSON schema");

    /// <summary>The answer's form: a schema in a field, which must be there.</summary>
    public static ChatResponseFormat Format(Fields fields, string field) => ChatResponseFormat.ForJsonSchema(
        Schema(fields, field) ?? throw fields.Missing(field), fields.Text("name"), fields.Text("description"));

    private static JsonElement Parsed(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
