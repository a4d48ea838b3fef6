using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Llamalith.Constraints.Schemas;

/// <summary>A schema, or a container of some, at one place of a document.</summary>
internal sealed class SchemaNode(
    SchemaDocument document, JsonElement json, string place, SchemaNode? resource, int id, bool isValue = false)
{
    private SchemaNode? _value;

    private readonly Dictionary<string, SchemaNode> _children = new(StringComparer.Ordinal);

    public SchemaDocument Document => document;

    public JsonElement Json => json;

    /// <summary>Where it stands, as a JSON pointer.</summary>
    public string Place => place;

    /// <summary>A number of its own within the document.</summary>
    public int Id => id;

    /// <summary>The nearest schema around it, itself included, that has an identifier; else the root.</summary>
    public SchemaNode Resource => resource ?? this;

    /// <summary>Whether this is no schema but a value, as enum has them: it demands exactly this value.</summary>
    public bool IsValue => isValue;

    /// <summary>The same place as a value.</summary>
    public SchemaNode AsValue() => isValue ? this : _value ??= document.MakeValue(json, place);

    public bool Has(string keyword) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(keyword, out _);

    /// <summary>What a keyword says; null where it is not there.</summary>
    public JsonElement? Get(string keyword) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(keyword, out JsonElement value) ? value : null;

    /// <summary>What is under a name or index; null where there is nothing.</summary>
    public SchemaNode? Child(string name)
    {
        if (_children.TryGetValue(name, out SchemaNode? child))
            return child;
        JsonElement value;
        switch (json.ValueKind)
        {
            case JsonValueKind.Object when json.TryGetProperty(name, out value):
                break;
            case JsonValueKind.Array when int.TryParse(name, out int index) && index >= 0 && index < json.GetArrayLength()
                && (name == "0" || name[0] != '0'):
                value = json[index];
                break;
            default:
                return null;
        }
        string at = $"{place}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
        child = isValue ? document.MakeValue(value, at) : document.Make(value, at, this);
        _children.Add(name, child);
        return child;
    }

    /// <summary>All that is under it, in order.</summary>
    public IEnumerable<(string Name, SchemaNode Node)> Children()
    {
        if (json.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in json.EnumerateObject())
                yield return (property.Name, Child(property.Name)!);
        }
        else if (json.ValueKind == JsonValueKind.Array)
        {
            for (int i = 0; i < json.GetArrayLength(); i++)
            {
                string name = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
                yield return (name, Child(name)!);
            }
        }
    }
}
