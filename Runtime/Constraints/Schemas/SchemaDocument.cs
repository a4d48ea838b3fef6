using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Llamalith.Constraints.Schemas;

/// <summary>A schema document: its draft, and what its references mean.</summary>
internal sealed class SchemaDocument
{
    private const int Deepest = 1000;
    private readonly Dictionary<string, SchemaNode> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SchemaNode> _anchors = new(StringComparer.Ordinal);
    private readonly Dictionary<SchemaNode, string> _uris = [];
    private readonly Dictionary<string, Dfa> _patterns = new(StringComparer.Ordinal);
    private int _count;

    public SchemaDocument(string json)
    {
        try
        {
            using JsonDocument parsed = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Deepest });
            Root = Make(parsed.RootElement.Clone(), "#", null);
        }
        catch (JsonException e)
        {
            throw new ConstraintException(
                "schema that is no JSON", $"the schema is no JSON, or nests deeper than {Deepest} levels: {e.Message}");
        }
        string draft = Root.Get("$schema") is { ValueKind: JsonValueKind.String } named ? named.GetString()! : "";
        Draft = draft.Contains("draft-03", StringComparison.Ordinal) ? 3 : draft.Contains("draft-04", StringComparison.Ordinal) ? 4
            : draft.Contains("draft-06", StringComparison.Ordinal) ? 6 : draft.Contains("draft-07", StringComparison.Ordinal) ? 7
            : draft.Contains("2019-09", StringComparison.Ordinal) ? 2019 : 2020;
        Index();
    }

    public SchemaNode Root { get; }

    /// <summary>3, 4, 6, 7, 2019 or 2020.</summary>
    public int Draft { get; }

    public SchemaNode Make(JsonElement json, string place, SchemaNode? parent)
    {
        bool isResource =
            parent is null || (json.ValueKind == JsonValueKind.Object && IdOf(json) is { } id && !id.StartsWith('#') && !IsInData(place));
        return new SchemaNode(this, json, place, isResource ? null : parent!.Resource, _count++);
    }

    public SchemaNode MakeValue(JsonElement json, string place) => new(this, json, place, null, _count++, isValue: true);

    /// <summary>What a reference in a schema means.</summary>
    public SchemaNode Resolve(SchemaNode from, string reference)
    {
        int hash = reference.IndexOf('#', StringComparison.Ordinal);
        string document = hash < 0 ? reference : reference[..hash], fragment = hash < 0 ? "" : reference[(hash + 1)..];
        SchemaNode? resource = from.Resource;
        if (document.Length > 0)
        {
            string uri = Join(UriOf(from.Resource), document);
            if (!_resources.TryGetValue(uri, out resource))
                throw new ConstraintException("$ref to another document", $"{from.Place}: $ref to {reference}, which is another document");
        }
        fragment = Uri.UnescapeDataString(fragment);
        if (fragment.Length == 0)
            return resource;
        if (fragment[0] != '/')
        {
            return _anchors.TryGetValue(UriOf(resource) + "#" + fragment, out SchemaNode? anchored)
                ? anchored
                : throw new ConstraintException("$ref to nothing", $"{from.Place}: $ref to {reference}, but there is no such anchor");
        }
        SchemaNode? at = resource;
        foreach (string part in fragment[1..].Split('/'))
        {
            at = at.Child(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
            if (at is null)
                throw new ConstraintException("$ref to nothing", $"{from.Place}: $ref to {reference}, but there is nothing");
        }
        return at;
    }

    /// <summary>A pattern's automaton, made once.</summary>
    public Dfa PatternOf(string text)
    {
        if (!_patterns.TryGetValue(text, out Dfa? dfa))
            _patterns.Add(text, dfa = Pattern.Compile(text));
        return dfa;
    }

    private static bool IsInData(string place) =>
        place.EndsWith("/enum", StringComparison.Ordinal) || place.EndsWith("/const", StringComparison.Ordinal)
        || place.EndsWith("/properties", StringComparison.Ordinal) || place.Contains("/enum/", StringComparison.Ordinal)
        || place.Contains("/default/", StringComparison.Ordinal);

    private string? IdOf(JsonElement json) =>
        json.TryGetProperty(Draft is 3 or 4 ? "id" : "$id", out JsonElement id) && id.ValueKind == JsonValueKind.String
            ? id.GetString() : null;

    private static string Join(string origin, string reference)
    {
        if (Uri.TryCreate(reference, UriKind.Absolute, out Uri? whole) && !reference.StartsWith('/'))
            return whole.AbsoluteUri.TrimEnd('#');
        if (Uri.TryCreate(origin, UriKind.Absolute, out Uri? start) && Uri.TryCreate(start, reference, out Uri? joined))
            return joined.AbsoluteUri;
        return reference;
    }

    private string UriOf(SchemaNode resource) => _uris.GetValueOrDefault(resource, "");

    /// <summary>Finds all identifiers and anchors; a document without any need not be looked through.</summary>
    private void Index()
    {
        string text = Root.Json.GetRawText();
        _resources[""] = Root;
        if (!text.Contains("id\"", StringComparison.Ordinal) && !text.Contains("nchor\"", StringComparison.Ordinal))
            return;
        Stack<(SchemaNode Node, string Uri)> open = new([(Root, "")]);
        while (open.TryPop(out (SchemaNode Node, string Uri) next))
        {
            (SchemaNode node, string uri) = next;
            if (node.Json.ValueKind == JsonValueKind.Object && !IsInData(node.Place))
            {
                if (IdOf(node.Json) is { } id)
                {
                    if (id.StartsWith('#'))
                        _anchors.TryAdd(uri + id, node);
                    else if (node.Resource == node)
                        _resources.TryAdd(uri = Join(uri, id), node);
                }
                if (node.Resource == node)
                    _uris[node] = uri;
                foreach (string key in (ReadOnlySpan<string>)["$anchor", "$dynamicAnchor"])
                    if (node.Get(key) is { ValueKind: JsonValueKind.String } anchor)
                        _anchors.TryAdd(uri + "#" + anchor.GetString(), node);
            }
            if (node.Json.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
                continue;
            foreach ((string name, SchemaNode child) in node.Children())
            {
                if (name is not ("enum" or "const" or "default" or "examples"))
                    open.Push((child, uri));
            }
        }
    }
}
