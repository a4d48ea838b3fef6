using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Llamalith.Constraints.Schemas;

/// <summary>
/// Turns schemas that hold or do not hold into parts: each keyword narrows the parts that there are, or makes several of one.
/// </summary>
internal sealed class Expansion(SchemaDocument document, SchemaNode never)
{
    private const int MostParts = 600;
    private static readonly SchemaNode[] s_none = [];

    // What is under way, so that a schema that means itself is found.
    private readonly HashSet<(int, bool)> _open = [];

    /// <summary>The parts of what all some literals ask for.</summary>
    public List<Part> Expand(IEnumerable<(SchemaNode Schema, bool Holds)> literals)
    {
        List<Part> parts = [new Part()];
        foreach ((SchemaNode schema, bool holds) in literals)
            parts = Apply(parts, schema, holds);
        return parts;
    }

    /// <summary>Asks whether a part is plainly empty; set by who can look into the demands of its values.</summary>
    public Func<Part, bool> IsEmpty { get; set; } = static part => part.Types == 0;

    private static ConstraintException Unsupported(SchemaNode at, string what) => new(what, $"{at.Place}: {what} is not supported");

    private List<Part> Apply(List<Part> parts, SchemaNode schema, bool holds)
    {
        parts = [.. parts.Where(static part => part.Types != 0)];
        if (parts.Count == 0)
            return parts;
        if (parts.Count > MostParts)
            throw new ConstraintException("too many combinations", $"{schema.Place}: anyOf, oneOf and the like combine to more than {MostParts} cases");
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ConstraintException("schema nested too deep", "the schema nests too deep");
        if (schema.IsValue)
            return holds ? Restrict(parts, [schema]) : Exclude(parts, [schema]);
        switch (schema.Json.ValueKind)
        {
            case JsonValueKind.True:
                return holds ? parts : [];
            case JsonValueKind.False:
                return holds ? [] : parts;
            case JsonValueKind.Object:
                break;
            default:
                throw new ConstraintException("schema that is neither object nor boolean", $"{schema.Place} is a {schema.Json.ValueKind.ToString().ToLowerInvariant()}, not a schema");
        }
        if (!_open.Add((schema.Id, holds)))
            throw new ConstraintException("$ref in a circle", $"{schema.Place} refers to itself without end");
        List<Part> result = holds ? ApplyAll(parts, schema) : ApplyNone(parts, schema);
        _open.Remove((schema.Id, holds));
        return result;
    }

    private List<Part> ApplyAll(List<Part> parts, SchemaNode schema)
    {
        if (schema.Get("$ref") is { ValueKind: JsonValueKind.String } reference)
        {
            parts = Apply(parts, document.Resolve(schema, reference.GetString()!), true);
            if (document.Draft <= 7)
                return parts;
        }
        Refuse(schema, "$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems", "disallow", "extends");
        foreach (Part part in parts = [.. parts.Select(static part => part.Clone())])
            Narrow(part, schema);
        if (schema.Child("enum") is { Json.ValueKind: JsonValueKind.Array } values)
            parts = Restrict(parts, [.. values.AsValue().Children().Select(static child => child.Node)]);
        if (schema.Child("const") is { } constant && document.Draft > 4)
            parts = Restrict(parts, [constant.AsValue()]);
        if (schema.Child("allOf") is { Json.ValueKind: JsonValueKind.Array } all)
            foreach ((_, SchemaNode branch) in all.Children())
                parts = Apply(parts, branch, true);
        parts = Dependencies(parts, schema);
        if (schema.Child("anyOf") is { Json.ValueKind: JsonValueKind.Array } any)
            parts = Union(any.Children().Select(branch => Apply(parts, branch.Node, true)));
        if (schema.Child("oneOf") is { Json.ValueKind: JsonValueKind.Array } one)
            parts = OneOf(parts, [.. one.Children().Select(static branch => branch.Node)]);
        if (schema.Child("not") is { } not && not.Json.ValueKind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False)
            parts = Apply(parts, schema.Child("not")!, false);
        if (document.Draft >= 7 && schema.Child("if") is { } condition)
        {
            SchemaNode? then = schema.Child("then"), otherwise = schema.Child("else");
            if (then is not null || otherwise is not null)
            {
                List<Part> met = Apply(parts, condition, true), unmet = Apply(parts, condition, false);
                parts = Union([then is null ? met : Apply(met, then, true), otherwise is null ? unmet : Apply(unmet, otherwise, true)]);
            }
        }
        return [.. parts.Where(part => !IsEmpty(part))];
    }

    /// <summary>Keywords that narrow a part without making more of it.</summary>
    private void Narrow(Part part, SchemaNode schema)
    {
        int types = TypesOf(schema);
        part.Types &= types;
        part.IsWrittenAsInteger |= document.Draft <= 4 && (types & Part.Number) == Part.Integer;
        if (Has(Part.Number))
            NarrowNumber(part, schema);
        if (Has(Part.String))
            NarrowString(part, schema);
        if (Has(Part.Array))
            NarrowArray(part, schema);
        if (Has(Part.Object))
            NarrowObject(part, schema);

        bool Has(int type) => (part.Types & type) != 0;
    }

    private int TypesOf(SchemaNode schema)
    {
        if (schema.Child("type") is not { } type)
            return Part.All;
        if (type.Json.ValueKind == JsonValueKind.String)
            return TypeOf(schema, type.Json.GetString()!);
        int types = 0;
        if (type.Json.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement one in type.Json.EnumerateArray())
                types |= one.ValueKind == JsonValueKind.String ? TypeOf(schema, one.GetString()!) : throw Unsupported(schema, "a schema within type");
        }
        return types;
    }

    private int TypeOf(SchemaNode schema, string name) => name switch
    {
        "null" => Part.Null,
        "boolean" => Part.Boolean,
        "integer" => Part.Integer,
        "number" => Part.Number,
        "string" => Part.String,
        "array" => Part.Array,
        "object" => Part.Object,
        "any" when document.Draft == 3 => Part.All,
        _ => throw new ConstraintException("unknown type", $"{schema.Place}: there is no type {name}"),
    };

    private static void NarrowNumber(Part part, SchemaNode schema)
    {
        ExactNumber? minimum = NumberOf(schema, "minimum"), maximum = NumberOf(schema, "maximum");
        if (minimum is { } least)
            part.RaiseLeast(least, schema.Get("exclusiveMinimum") is { ValueKind: JsonValueKind.True });
        if (maximum is { } most)
            part.LowerMost(most, schema.Get("exclusiveMaximum") is { ValueKind: JsonValueKind.True });
        if (NumberOf(schema, "exclusiveMinimum") is { } above)
            part.RaiseLeast(above, true);
        if (NumberOf(schema, "exclusiveMaximum") is { } below)
            part.LowerMost(below, true);
        foreach (string keyword in (ReadOnlySpan<string>)["multipleOf", "divisibleBy"])
            if (DivisorOf(schema, keyword) is { } divisor)
                part.Divisors.Add(divisor);
    }

    private static ExactNumber? DivisorOf(SchemaNode schema, string keyword) =>
        NumberOf(schema, keyword) is not { } divisor ? null
            : divisor.Mantissa.Sign > 0 ? divisor
            : throw new ConstraintException("multipleOf that is not above 0", $"{schema.Place}: {keyword} is not above 0");

    private static void NarrowString(Part part, SchemaNode schema)
    {
        part.MinLength = Math.Max(part.MinLength, CountOf(schema, "minLength") ?? 0);
        part.MaxLength = Math.Min(part.MaxLength, CountOf(schema, "maxLength") ?? int.MaxValue);
        if (schema.Get("pattern") is { ValueKind: JsonValueKind.String } pattern)
            part.Patterns.Add((PatternOf(schema, pattern.GetString()!), false));
        if (schema.Get("format") is { ValueKind: JsonValueKind.String } format && Formats.Find(format.GetString()!) is { } known)
            part.Patterns.Add((known, false));
    }

    private void NarrowArray(Part part, SchemaNode schema)
    {
        part.MinItems = Math.Max(part.MinItems, CountOf(schema, "minItems") ?? 0);
        part.MaxItems = Math.Min(part.MaxItems, CountOf(schema, "maxItems") ?? int.MaxValue);
        if (schema.Get("uniqueItems") is { ValueKind: JsonValueKind.True } && part.MaxItems > 1)
            throw Unsupported(schema, "uniqueItems");
        if (document.Draft > 4 && schema.Child("contains") is { } contained)
        {
            int min = document.Draft < 2019 ? 1 : CountOf(schema, "minContains") ?? 1;
            int max = document.Draft < 2019 ? int.MaxValue : CountOf(schema, "maxContains") ?? int.MaxValue;
            if (min > 0 || max < int.MaxValue)
                part.ContainsClauses.Add(new ContainsClause(contained, true, 0, min, max));
        }
        SchemaNode? items = schema.Child("items");
        SchemaNode[] first = s_none;
        SchemaNode? rest = null;
        if (schema.Child("prefixItems") is { Json.ValueKind: JsonValueKind.Array } prefix && document.Draft == 2020)
            (first, rest) = ([.. prefix.Children().Select(static child => child.Node)], items);
        else if (items is { Json.ValueKind: JsonValueKind.Array })
            (first, rest) = ([.. items.Children().Select(static child => child.Node)], schema.Child("additionalItems"));
        else
            rest = items;
        if (first.Length > 0 || rest is not null)
            part.ArrayClauses.Add(new ArrayClause(first, rest));
    }

    private void NarrowObject(Part part, SchemaNode schema)
    {
        part.MinProperties = Math.Max(part.MinProperties, CountOf(schema, "minProperties") ?? 0);
        part.MaxProperties = Math.Min(part.MaxProperties, CountOf(schema, "maxProperties") ?? int.MaxValue);
        foreach (string name in NamesOf(schema, "required"))
            part.Required.Add(name);
        if (document.Draft > 4 && schema.Child("propertyNames") is { } names)
            part.NameLiterals.Add((names, true));
        Dictionary<string, (SchemaNode, bool)> properties = new(StringComparer.Ordinal);
        if (schema.Child("properties") is { Json.ValueKind: JsonValueKind.Object } declared)
        {
            foreach ((string name, SchemaNode child) in declared.Children())
            {
                properties[name] = (child, true);
                if (document.Draft == 3 && child.Get("required") is { ValueKind: JsonValueKind.True })
                    part.Required.Add(name);
            }
        }
        List<(string, Dfa, SchemaNode)> patterns = [];
        if (schema.Child("patternProperties") is { Json.ValueKind: JsonValueKind.Object } matched)
            foreach ((string text, SchemaNode child) in matched.Children())
                patterns.Add((text, PatternOf(schema, text), child));
        SchemaNode? others = schema.Child("additionalProperties");
        if (properties.Count > 0 || patterns.Count > 0 || others is not null)
            part.ObjectClauses.Add(new ObjectClause(properties, patterns, others));
    }

    private List<Part> Dependencies(List<Part> parts, SchemaNode schema)
    {
        List<(string Name, SchemaNode What)> all = [];
        foreach (string keyword in document.Draft switch { >= 2019 => (string[])["dependentRequired", "dependentSchemas"], _ => ["dependencies"] })
            if (schema.Child(keyword) is { Json.ValueKind: JsonValueKind.Object } dependencies)
                all.AddRange(dependencies.Children());
        foreach ((string name, SchemaNode what) in all)
        {
            List<Part> absent = Absent(parts, name), others = [.. Without(parts, Part.Object)], present = Present(parts, name);
            if (what.Json.ValueKind is JsonValueKind.Array or JsonValueKind.String)
            {
                foreach (Part part in present)
                    part.Required.UnionWith(what.Json.ValueKind == JsonValueKind.String ? [what.Json.GetString()!] : Strings(what.Json));
            }
            else
            {
                present = Apply(present, what, true);
            }
            parts = Union([others, absent, present]);
        }
        return parts;
    }

    private List<Part> OneOf(List<Part> parts, SchemaNode[] branches)
    {
        List<List<Part>> each = [.. branches.Select(branch => Apply(parts, branch, true))];
        List<Part> result = [];
        for (int i = 0; i < branches.Length; i++)
        {
            List<Part> mine = each[i];
            for (int j = 0; j < branches.Length && mine.Count > 0; j++)
            {
                // Where two cannot both hold, nothing need be taken away.
                if (j != i && each[j].Count > 0 && Apply(mine, branches[j], true).Count > 0)
                    mine = Apply(mine, branches[j], false);
            }
            result.AddRange(mine);
        }
        return result;
    }

    /// <summary>The parts in which a schema does not hold: some keyword of it fails.</summary>
    private List<Part> ApplyNone(List<Part> parts, SchemaNode schema)
    {
        List<List<Part>> ways = [];
        if (schema.Get("$ref") is { ValueKind: JsonValueKind.String } reference)
        {
            ways.Add(Apply(parts, document.Resolve(schema, reference.GetString()!), false));
            if (document.Draft <= 7)
                return ways[0];
        }
        Refuse(schema, "$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems", "disallow", "extends");
        if (schema.Has("type"))
            ways.Add([.. With(parts, Part.All & ~TypesOf(schema))]);
        if (schema.Child("enum") is { Json.ValueKind: JsonValueKind.Array } values)
            ways.Add(Exclude(parts, [.. values.AsValue().Children().Select(static child => child.Node)]));
        if (schema.Child("const") is { } constant && document.Draft > 4)
            ways.Add(Exclude(parts, [constant.AsValue()]));
        NotNumber(parts, schema, ways);
        NotString(parts, schema, ways);
        NotArray(parts, schema, ways);
        NotObject(parts, schema, ways);
        if (schema.Child("allOf") is { Json.ValueKind: JsonValueKind.Array } all)
            ways.AddRange(all.Children().Select(branch => Apply(parts, branch.Node, false)));
        if (schema.Child("anyOf") is { Json.ValueKind: JsonValueKind.Array } any)
        {
            List<Part> left = parts;
            foreach ((_, SchemaNode branch) in any.Children())
                left = Apply(left, branch, false);
            ways.Add(left);
        }
        if (schema.Child("oneOf") is { Json.ValueKind: JsonValueKind.Array } one)
        {
            SchemaNode[] branches = [.. one.Children().Select(static branch => branch.Node)];
            List<Part> none = parts;
            foreach (SchemaNode branch in branches)
                none = Apply(none, branch, false);
            ways.Add(none);
            for (int i = 0; i < branches.Length; i++)
                for (int j = i + 1; j < branches.Length; j++)
                    ways.Add(Apply(Apply(parts, branches[i], true), branches[j], true));
        }
        if (schema.Child("not") is { } not)
            ways.Add(Apply(parts, not, true));
        if (document.Draft >= 7 && schema.Child("if") is { } condition)
        {
            if (schema.Child("then") is { } then)
                ways.Add(Apply(Apply(parts, condition, true), then, false));
            if (schema.Child("else") is { } otherwise)
                ways.Add(Apply(Apply(parts, condition, false), otherwise, false));
        }
        return [.. Union(ways).Where(part => !IsEmpty(part))];
    }

    private static void NotNumber(List<Part> parts, SchemaNode schema, List<List<Part>> ways)
    {
        bool least = schema.Get("exclusiveMinimum") is { ValueKind: JsonValueKind.True }, most = schema.Get("exclusiveMaximum") is { ValueKind: JsonValueKind.True };
        if (NumberOf(schema, "minimum") is { } minimum)
            ways.Add([.. With(parts, Part.Number, part => part.LowerMost(minimum, !least))]);
        if (NumberOf(schema, "maximum") is { } maximum)
            ways.Add([.. With(parts, Part.Number, part => part.RaiseLeast(maximum, !most))]);
        if (NumberOf(schema, "exclusiveMinimum") is { } above)
            ways.Add([.. With(parts, Part.Number, part => part.LowerMost(above, false))]);
        if (NumberOf(schema, "exclusiveMaximum") is { } below)
            ways.Add([.. With(parts, Part.Number, part => part.RaiseLeast(below, false))]);
        if (DivisorOf(schema, "multipleOf") is { } divisor)
            ways.Add([.. With(parts, Part.Number, part => part.NotDivisors.Add(divisor))]);
    }

    private static void NotString(List<Part> parts, SchemaNode schema, List<List<Part>> ways)
    {
        if (CountOf(schema, "minLength") is { } min)
            ways.Add(min == 0 ? [] : [.. With(parts, Part.String, part => part.MaxLength = Math.Min(part.MaxLength, min - 1))]);
        if (CountOf(schema, "maxLength") is { } max)
            ways.Add([.. With(parts, Part.String, part => part.MinLength = Math.Max(part.MinLength, max + 1))]);
        if (schema.Get("pattern") is { ValueKind: JsonValueKind.String } pattern)
        {
            Dfa dfa = PatternOf(schema, pattern.GetString()!);
            ways.Add([.. With(parts, Part.String, part => part.Patterns.Add((dfa, true)))]);
        }
        if (schema.Get("format") is { ValueKind: JsonValueKind.String } format && Formats.Find(format.GetString()!) is { } known)
            ways.Add([.. With(parts, Part.String, part => part.Patterns.Add((known, true)))]);
    }

    private void NotArray(List<Part> parts, SchemaNode schema, List<List<Part>> ways)
    {
        if (CountOf(schema, "minItems") is { } min)
            ways.Add(min == 0 ? [] : [.. With(parts, Part.Array, part => part.MaxItems = Math.Min(part.MaxItems, min - 1))]);
        if (CountOf(schema, "maxItems") is { } max)
            ways.Add([.. With(parts, Part.Array, part => part.MinItems = Math.Max(part.MinItems, max + 1))]);
        if (!With(parts, Part.Array).Any())
            return;
        if (schema.Child("items") is { Json.ValueKind: JsonValueKind.Object or JsonValueKind.False } items)
        {
            int first = document.Draft == 2020 && schema.Get("prefixItems") is { ValueKind: JsonValueKind.Array } prefix ? prefix.GetArrayLength() : 0;
            ContainsClause another = new(items, false, first, 1, int.MaxValue);
            ways.Add([.. With(parts, Part.Array, part => part.ContainsClauses.Add(another))]);
        }
        else if (schema.Has("items") && schema.Child("items")!.Json.ValueKind != JsonValueKind.True)
        {
            throw Unsupported(schema, "not of items");
        }
        if (document.Draft > 4 && schema.Child("contains") is { } contained)
            NotContained(parts, schema, contained, ways);
        foreach (string keyword in (string[])["prefixItems", "additionalItems", "uniqueItems"])
            if (schema.Child(keyword) is { } child && child.Json.ValueKind != JsonValueKind.True)
                throw Unsupported(schema, $"not of {keyword}");
    }

    private void NotContained(List<Part> parts, SchemaNode schema, SchemaNode contained, List<List<Part>> ways)
    {
        int min = document.Draft < 2019 ? 1 : CountOf(schema, "minContains") ?? 1;
        if (min == 1)
            ways.Add([.. With(parts, Part.Array, part => part.ArrayClauses.Add(new ArrayClause([], contained, false)))]);
        else if (min > 1)
            ways.Add([.. With(parts, Part.Array, part => part.ContainsClauses.Add(new ContainsClause(contained, true, 0, 0, min - 1)))]);
        if (document.Draft >= 2019 && CountOf(schema, "maxContains") is { } max)
            ways.Add([.. With(parts, Part.Array, part => part.ContainsClauses.Add(new ContainsClause(contained, true, 0, max + 1, int.MaxValue)))]);
    }

    private void NotObject(List<Part> parts, SchemaNode schema, List<List<Part>> ways)
    {
        if (CountOf(schema, "minProperties") is { } min)
            ways.Add(min == 0 ? [] : [.. With(parts, Part.Object, part => part.MaxProperties = Math.Min(part.MaxProperties, min - 1))]);
        if (CountOf(schema, "maxProperties") is { } max)
            ways.Add([.. With(parts, Part.Object, part => part.MinProperties = Math.Max(part.MinProperties, max + 1))]);
        foreach (string name in NamesOf(schema, "required"))
            ways.Add(Absent(parts, name));
        if (!With(parts, Part.Object).Any())
            return;
        if (schema.Child("properties") is { Json.ValueKind: JsonValueKind.Object } declared)
        {
            foreach ((string name, SchemaNode child) in declared.Children())
            {
                if (child.Json.ValueKind == JsonValueKind.True)
                    continue;
                ways.Add([.. With(parts, Part.Object, part =>
                {
                    part.Required.Add(name);
                    part.ObjectClauses.Add(Clause(name, child, false));
                })]);
            }
        }
        bool isOpen = schema.Child("additionalProperties") is not { } others || others.Json.ValueKind == JsonValueKind.True
            || (others.Json.ValueKind == JsonValueKind.Object && !others.Json.EnumerateObject().Any());
        if (!isOpen)
            NotClosed(parts, schema, ways);
        if (schema.Child("patternProperties") is { Json.ValueKind: JsonValueKind.Object } matched)
            NotMatched(parts, matched, ways);
        foreach (string keyword in (string[])["propertyNames", "dependencies", "dependentRequired", "dependentSchemas"])
            if (schema.Has(keyword) && !(keyword == "dependencies" && document.Draft > 7))
                throw Unsupported(schema, $"not of {keyword}");
    }

    /// <summary>Another name than the declared ones, with a value that is wrong for it.</summary>
    private static void NotClosed(List<Part> parts, SchemaNode schema, List<List<Part>> ways)
    {
        HashSet<string> declared = [.. schema.Child("properties")?.Children().Select(static child => child.Name) ?? []];
        Dfa[] patterns = [.. schema.Child("patternProperties")?.Children().Select(child => PatternOf(schema, child.Name)) ?? []];
        SchemaNode others = schema.Child("additionalProperties")!;
        foreach (Part part in parts.Where(static part => (part.Types & Part.Object) != 0))
        {
            if (OwnNames(part) is { } names)
            {
                ways.AddRange(names.Where(name => !declared.Contains(name) && !Array.Exists(patterns, pattern => pattern.Matches(name)))
                    .Select(name => Wrong(part, name, others)));
            }
            else if (others.Json.ValueKind == JsonValueKind.False && patterns.Length == 0 && declared.All(part.Required.Contains))
            {
                // Where all declared names are there, another one shows in their number.
                ways.Add([.. With([part], Part.Object, narrowed => narrowed.MinProperties = Math.Max(part.MinProperties, declared.Count + 1))]);
            }
            else
            {
                throw Unsupported(schema, "not of additionalProperties");
            }
        }
    }

    /// <summary>A name that a pattern matches, with a value that is wrong for it.</summary>
    private static void NotMatched(List<Part> parts, SchemaNode patterns, List<List<Part>> ways)
    {
        foreach ((string text, SchemaNode value) in patterns.Children())
        {
            Dfa pattern = PatternOf(patterns, text);
            foreach (Part part in parts.Where(static part => (part.Types & Part.Object) != 0))
            {
                IEnumerable<string> names = OwnNames(part) ?? throw Unsupported(patterns, "not of patternProperties");
                ways.AddRange(names.Where(pattern.Matches).Select(name => Wrong(part, name, value)));
            }
        }
    }

    /// <summary>All names that an object may have, where that is certain; else null.</summary>
    private static IEnumerable<string>? OwnNames(Part part) =>
        part.ObjectClauses.Find(static clause => clause.Others is { Json.ValueKind: JsonValueKind.False } && clause.Patterns.Count == 0)?.Names.Keys;

    /// <summary>The objects with a name whose value does not meet a schema.</summary>
    private static List<Part> Wrong(Part part, string name, SchemaNode schema) =>
    [
        .. With([part], Part.Object, narrowed =>
        {
            narrowed.Required.Add(name);
            narrowed.ObjectClauses.Add(Clause(name, schema, false));
        }),
    ];

    private static ObjectClause Clause(string name, SchemaNode schema, bool holds) =>
        new(new Dictionary<string, (SchemaNode, bool)>(StringComparer.Ordinal) { [name] = (schema, holds) }, [], null);

    private List<Part> Absent(List<Part> parts, string name) => [.. With(parts, Part.Object, part => part.ObjectClauses.Add(Clause(name, never, true)))
        .Where(part => !part.Required.Contains(name))];

    private static List<Part> Present(List<Part> parts, string name) => [.. With(parts, Part.Object, part => part.Required.Add(name))];

    /// <summary>The parts with only some types left, changed.</summary>
    private static IEnumerable<Part> With(List<Part> parts, int types, Action<Part>? change = null)
    {
        foreach (Part part in parts)
        {
            if ((part.Types & types) == 0)
                continue;
            Part narrowed = part.Clone();
            narrowed.Types &= types;
            change?.Invoke(narrowed);
            yield return narrowed;
        }
    }

    private static IEnumerable<Part> Without(List<Part> parts, int types) => With(parts, Part.All & ~types);

    private static List<Part> Union(IEnumerable<List<Part>> ways) => [.. ways.SelectMany(static way => way)];

    private static List<Part> Restrict(List<Part> parts, List<SchemaNode> values)
    {
        List<Part> result = [];
        foreach (Part part in parts)
        {
            Part narrowed = part.Clone();
            narrowed.Only = part.Only is null ? values : [.. part.Only.Where(one => values.Exists(other => JsonValues.AreEqual(one.Json, other.Json)))];
            int types = 0;
            foreach (SchemaNode value in narrowed.Only)
                types |= JsonValues.TypeOf(value.Json);
            narrowed.Types &= types;
            if (narrowed.Types != 0)
                result.Add(narrowed);
        }
        return result;
    }

    private static List<Part> Exclude(List<Part> parts, List<SchemaNode> values)
    {
        List<Part> result = [];
        foreach (Part part in parts)
        {
            Part narrowed = part.Clone();
            foreach (SchemaNode value in values)
            {
                int type = JsonValues.TypeOf(value.Json);
                if ((narrowed.Types & type) == 0)
                    continue;
                if ((type & (Part.Null | Part.Boolean)) != 0)
                    narrowed.Types &= ~type;
                else if (narrowed.Only is not null)
                    narrowed.Only.RemoveAll(one => JsonValues.AreEqual(one.Json, value.Json));
                else if ((type & (Part.Array | Part.Object)) != 0)
                    throw new ConstraintException("not of an array or object", $"{value.Place}: not of an array or object is not supported");
                else
                    narrowed.Not.Add(value);
            }
            if (narrowed.Types != 0)
                result.Add(narrowed);
        }
        return result;
    }

    private static Dfa PatternOf(SchemaNode schema, string text)
    {
        try
        {
            return schema.Document.PatternOf(text);
        }
        catch (ConstraintException e)
        {
            throw new ConstraintException(e.Reason, $"{schema.Place}: {e.Message}");
        }
    }

    private static ExactNumber? NumberOf(SchemaNode schema, string keyword) =>
        schema.Get(keyword) is { ValueKind: JsonValueKind.Number } number ? ExactNumber.Parse(number.GetRawText()) : null;

    private static int? CountOf(SchemaNode schema, string keyword)
    {
        if (NumberOf(schema, keyword) is not { } number)
            return null;
        return number.CompareTo(new ExactNumber(int.MaxValue - 1, 0)) > 0 ? int.MaxValue - 1 : number.IsInteger
            ? Math.Max(0, (int)number.Raised(0)) : throw new ConstraintException("a count that is no integer", $"{schema.Place}: {keyword} is no integer");
    }

    private static IEnumerable<string> NamesOf(SchemaNode schema, string keyword) =>
        schema.Get(keyword) is { ValueKind: JsonValueKind.Array } names ? Strings(names) : [];

    private static IEnumerable<string> Strings(JsonElement array) =>
        [.. array.EnumerateArray().Where(static name => name.ValueKind == JsonValueKind.String).Select(static name => name.GetString()!)];

    private static void Refuse(SchemaNode schema, params ReadOnlySpan<string> keywords)
    {
        foreach (string keyword in keywords)
            if (schema.Has(keyword) && schema.Get(keyword) is not { ValueKind: JsonValueKind.True } && schema.Get(keyword)!.Value.ToString() != "{}")
                throw Unsupported(schema, keyword);
    }
}
