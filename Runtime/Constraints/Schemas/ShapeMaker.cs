using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Llamalith.Constraints.Schemas;

/// <summary>Makes the shapes of all demands that a schema leads to, and finds out which of them can be met at all.</summary>
internal sealed class ShapeMaker
{
    private const int MostContained = 32, MostDemands = 20_000, MostPatterns = 12, DeepestLook = 3, MostWords = 300;

    private readonly SchemaDocument _document;
    private readonly SchemaNode _never;
    private readonly bool _plainOnly;
    private readonly Expansion _expansion;
    private readonly Dictionary<string, Demand> _demands = [];
    private readonly Queue<Demand> _open = new();
    private readonly List<Demand> _all = [];
    private int _look;

    private ShapeMaker(SchemaDocument document, bool plainOnly)
    {
        _document = document;
        _plainOnly = plainOnly;
        using JsonDocument no = JsonDocument.Parse("false");
        _never = document.Make(no.RootElement.Clone(), "#", null);
        _expansion = new Expansion(document, _never) { IsEmpty = IsEmpty };
    }

    /// <summary>Compiles a schema.</summary>
    /// <exception cref="ConstraintException">Something of it cannot be honoured, or no value meets it.</exception>
    public static Demand Compile(SchemaDocument document, bool plainOnly)
    {
        ShapeMaker maker = new(document, plainOnly);
        Demand root = maker.DemandOf([(document.Root, true)]);
        while (maker._open.TryDequeue(out Demand? demand))
            demand.Shape ??= maker.MakeShape(demand.Literals);
        maker.FindPossible();
        if (!root.IsPossible)
            throw new ConstraintException("no value meets the schema", "no finite value meets the schema");
        return root;
    }

    private Demand DemandOf(IEnumerable<(SchemaNode Schema, bool Holds)> literals)
    {
        // Schemas that say nothing are left out, so that equal demands are one.
        (SchemaNode Schema, bool Holds)[] sorted =
        [
            .. literals.Where(static literal => literal.Schema.IsValue || !(literal.Holds && SaysNothing(literal.Schema.Json)))
                .DistinctBy(static literal => (literal.Schema.Id, literal.Holds)).OrderBy(static literal => literal.Schema.Id).ThenBy(static literal => literal.Holds),
        ];
        string key = string.Join(',', sorted.Select(static literal => literal.Holds ? literal.Schema.Id : -1 - literal.Schema.Id));
        if (_demands.TryGetValue(key, out Demand? demand))
            return demand;
        if (_all.Count == MostDemands)
            throw new ConstraintException("too many combinations", $"the schema's parts combine to more than {MostDemands} demands");
        demand = new Demand(_all.Count) { Literals = sorted };
        _demands.Add(key, demand);
        _all.Add(demand);
        _open.Enqueue(demand);
        return demand;
    }

    private static bool SaysNothing(JsonElement schema) => schema.ValueKind == JsonValueKind.True || (schema.ValueKind == JsonValueKind.Object && !schema.EnumerateObject().Any());

    private Shape MakeShape(IReadOnlyList<(SchemaNode Schema, bool Holds)> literals)
    {
        Shape shape = new();
        HashSet<string> words = [];
        List<ExactNumber> numbers = [];
        foreach (Part part in _expansion.Expand(literals))
            Add(shape, part, words, numbers);
        if (words.Count > 0)
            shape.Strings.Add(new StringForm(Dfa.OfWords(words), 0, int.MaxValue, _plainOnly));
        if (numbers.Count > 0)
            shape.Numbers.Add(new NumberForm { Only = numbers, PlainOnly = _plainOnly });
        return shape;
    }

    private void Add(Shape shape, Part part, HashSet<string> words, List<ExactNumber> numbers)
    {
        if (part.Only is not null)
        {
            AddValues(shape, part, words, numbers);
            return;
        }
        shape.Null |= (part.Types & Part.Null) != 0;
        shape.True |= (part.Types & Part.True) != 0;
        shape.False |= (part.Types & Part.False) != 0;
        if (NumbersOf(part) is { } number && number.IsPossible())
            shape.Numbers.Add(number);
        if ((part.Types & Part.String) != 0 && StringsOf(part) is { } text)
            shape.Strings.Add(text);
        if ((part.Types & Part.Array) != 0 && part.MinItems <= part.MaxItems && part.ContainsClauses.TrueForAll(clause => clause.Min <= clause.Max))
            shape.Arrays.Add(ArraysOf(part));
        if ((part.Types & Part.Object) != 0 && part.MinProperties <= part.MaxProperties)
            shape.Objects.Add(ObjectsOf(part));
    }

    /// <summary>Those of an enum's values that meet all the rest.</summary>
    private void AddValues(Shape shape, Part part, HashSet<string> words, List<ExactNumber> numbers)
    {
        Shape rest = new();
        Part open = part.Clone();
        open.Only = null;
        Add(rest, open, words, numbers);
        foreach (SchemaNode value in part.Only!)
        {
            if (!Fits(rest, value.Json))
                continue;
            switch (value.Json.ValueKind)
            {
                case JsonValueKind.Null:
                    shape.Null = true;
                    break;
                case JsonValueKind.True:
                    shape.True = true;
                    break;
                case JsonValueKind.False:
                    shape.False = true;
                    break;
                case JsonValueKind.String:
                    words.Add(value.Json.GetString()!);
                    break;
                case JsonValueKind.Number:
                    numbers.Add(ExactNumber.Parse(value.Json.GetRawText()));
                    break;
                case JsonValueKind.Array:
                    Demand[] elements = [.. value.Children().Select(child => DemandOf([(child.Node, true)]))];
                    shape.Arrays.Add(new ArrayForm { First = elements, Min = elements.Length, Max = elements.Length });
                    break;
                default:
                    (string, Demand)[] names = [.. value.Children().Select(child => (child.Name, DemandOf([(child.Node, true)])))];
                    shape.Objects.Add(new ObjectForm
                    {
                        Names = names,
                        Patterns = [],
                        NamePatterns = [],
                        Others = new Dictionary<int, Demand>(),
                        Required = [.. names.Select(static _ => true)],
                    });
                    break;
            }
        }
    }

    private NumberForm? NumbersOf(Part part)
    {
        if ((part.Types & Part.Number) == 0)
            return null;
        return new NumberForm
        {
            IsInteger = (part.Types & Part.Number) == Part.Integer,
            IsFraction = (part.Types & Part.Number) == Part.Fraction,
            IsWrittenAsInteger = part.IsWrittenAsInteger,
            Least = part.Least,
            LeastIsOut = part.LeastIsOut,
            Most = part.Most,
            MostIsOut = part.MostIsOut,
            Divisors = part.Divisors,
            NotDivisors = part.NotDivisors,
            Not = [.. part.Not.Where(static value => value.Json.ValueKind == JsonValueKind.Number).Select(static value => ExactNumber.Parse(value.Json.GetRawText()))],
            PlainOnly = _plainOnly,
        };
    }

    private StringForm? StringsOf(Part part)
    {
        if (part.MinLength > part.MaxLength)
            return null;
        Dfa dfa = Dfa.Anything;
        foreach ((Dfa pattern, bool isNegative) in part.Patterns)
            dfa = Dfa.Intersect(dfa, pattern, isNegative);
        string[] excluded = [.. part.Not.Where(static value => value.Json.ValueKind == JsonValueKind.String).Select(static value => value.Json.GetString()!)];
        if (excluded.Length > 0)
            dfa = Dfa.Intersect(dfa, Dfa.OfWords(excluded), complementOfB: true);
        (int min, int max) = (part.MinLength, part.MaxLength);
        if ((min > 0 || max < int.MaxValue) && !dfa.IsDense)
        {
            dfa = Dfa.Intersect(dfa, Dfa.OfLengths(min, max == int.MaxValue ? null : max));
            (min, max) = (0, int.MaxValue);
        }
        return dfa.IsEmpty || dfa.Shortest(0) > max ? null : new StringForm(dfa, min, max, _plainOnly);
    }

    private ArrayForm ArraysOf(Part part)
    {
        int first = part.ArrayClauses.Count == 0 ? 0 : part.ArrayClauses.Max(static clause => clause.First.Count);
        first = Math.Min(first, part.MaxItems);
        return new ArrayForm
        {
            First = [.. Enumerable.Range(0, first).Select(index => At(index))],
            Rest = At(int.MaxValue),
            Min = part.MinItems,
            Max = part.MaxItems,
            Contains = ContainsOf(part, first, At),
        };

        Demand At(int index, params (SchemaNode, bool)[] more) =>
            DemandOf(part.ArrayClauses.Select(clause => (Schema: index < clause.First.Count ? clause.First[index] : clause.Rest, clause.Holds))
                .Where(static literal => literal.Schema is not null).Select(static literal => (literal.Schema!, literal.Holds)).Concat(more));
    }

    private delegate Demand ElementDemand(int index, params (SchemaNode, bool)[] more);

    private static ContainsForm? ContainsOf(Part part, int first, ElementDemand at)
    {
        if (part.ContainsClauses.Count == 0)
            return null;
        ContainsClause asked = part.ContainsClauses[0];
        if (part.ContainsClauses.Exists(other => other != asked))
            throw new ConstraintException("several contains", $"{asked.Schema.Place}: contains beside another one for the same array is not supported");

        // Which elements match need be told apart only where there may be too many. Then others might be missing for a least length.
        bool isBounded = asked.Max < int.MaxValue;
        if (asked.Min > MostContained || (isBounded && (part.MinItems > 0 || asked.Max > MostContained)))
            throw new ConstraintException("maxContains", $"{asked.Schema.Place}: maxContains beside minItems, and more than {MostContained} elements, are not supported");
        return new ContainsForm(asked.From, asked.Min, asked.Max, Elements(asked.Holds), isBounded ? Elements(!asked.Holds) : null);

        ElementDemands Elements(bool holds) =>
            new([.. Enumerable.Range(0, first).Select(index => at(index, (asked.Schema, holds)))], at(int.MaxValue, (asked.Schema, holds)));
    }

    private ObjectForm ObjectsOf(Part part)
    {
        string[] names = [.. part.ObjectClauses.SelectMany(static clause => clause.Names.Keys).Concat(part.Required).Distinct(StringComparer.Ordinal)];
        List<Dfa> patterns = [];
        Dictionary<string, int> patternOf = [];
        foreach (ObjectClause clause in part.ObjectClauses)
        {
            foreach ((string text, Dfa pattern, _) in clause.Patterns)
            {
                if (patternOf.TryAdd(text, patterns.Count))
                    patterns.Add(pattern);
            }
        }
        if (patterns.Count > MostPatterns)
            throw new ConstraintException("many patternProperties", $"more than {MostPatterns} patternProperties in one object are not supported");
        List<Dfa> namePatterns = part.NameLiterals.Count > 0 ? [NamesOf(part.NameLiterals)] : [];
        Dictionary<int, Demand> others = [];
        foreach ((Dfa language, int mask) in Masks(patterns, namePatterns))
        {
            // Few names are as good as mentioned: they can run out.
            if (language.Words(MostWords) is { } few)
                names = [.. names.Union(few, StringComparer.Ordinal)];
            else
                others[mask] = DemandOf(part.ObjectClauses.SelectMany(clause => LiteralsOf(clause, null, pattern => (mask >> patternOf[pattern.Text] & 1) != 0)));
        }
        return new ObjectForm
        {
            Names = [.. names.Select(name => (name, DemandOf(part.ObjectClauses.SelectMany(clause => LiteralsOf(clause, name, pattern => pattern.Pattern.Matches(name))))))],
            Required = [.. names.Select(part.Required.Contains)],
            Patterns = patterns,
            NamePatterns = namePatterns,
            Others = others,
            Min = part.MinProperties,
            Max = part.MaxProperties,
        };
    }

    /// <summary>What one schema asks of the value of a name.</summary>
    private static IEnumerable<(SchemaNode, bool)> LiteralsOf(ObjectClause clause, string? name, Func<(string Text, Dfa Pattern, SchemaNode Schema), bool> matches)
    {
        bool met = false;
        if (name is not null && clause.Names.TryGetValue(name, out (SchemaNode Schema, bool Holds) own))
        {
            met = true;
            yield return own;
        }
        foreach ((string Text, Dfa Pattern, SchemaNode Schema) pattern in clause.Patterns)
        {
            if (!matches(pattern))
                continue;
            met = true;
            yield return (pattern.Schema, true);
        }
        if (!met && clause.Others is not null)
            yield return (clause.Others, true);
    }

    /// <summary>The combinations of patterns that some name meets, and which names do.</summary>
    private static List<(Dfa Names, int Mask)> Masks(List<Dfa> patterns, List<Dfa> namePatterns)
    {
        List<(Dfa Names, int Mask)> sets = [(namePatterns.Count > 0 ? namePatterns[0] : Dfa.Anything, 0)];
        for (int i = 0; i < patterns.Count; i++)
        {
            List<(Dfa, int)> split = [];
            foreach ((Dfa names, int mask) in sets)
            {
                split.Add((Dfa.Intersect(names, patterns[i], complementOfB: true), mask));
                split.Add((Dfa.Intersect(names, patterns[i]), mask | 1 << i));
            }
            sets = [.. split.Where(static set => !set.Item1.IsEmpty)];
        }
        return [.. sets.Where(static set => !set.Names.IsEmpty)];
    }

    /// <summary>The names that all of some schemas take.</summary>
    private Dfa NamesOf(List<(SchemaNode Schema, bool Holds)> literals)
    {
        Dfa all = Dfa.Nothing;
        foreach (StringForm form in MakeShape(literals).Strings)
        {
            Dfa one = form.Min > 0 || form.Max < int.MaxValue ? Dfa.Intersect(form.Dfa, Dfa.OfLengths(form.Min, form.Max == int.MaxValue ? null : form.Max)) : form.Dfa;
            all = Dfa.Intersect(all.Complement(), one.Complement()).Complement();
        }
        return all;
    }

    /// <summary>Whether a part is plainly empty, as far as can be seen without looking deep.</summary>
    private bool IsEmpty(Part part)
    {
        if (part.Types == 0)
            return true;
        if (part.Types == Part.Object && part.MinProperties > part.MaxProperties || part.Types == Part.Array && part.MinItems > part.MaxItems)
            return true;
        if ((part.Types & ~Part.Number) == 0 && !NumbersOf(part)!.IsPossible())
            return true;
        if (part.Types != Part.Object || _look >= DeepestLook)
            return false;
        if (part.Required.Count > part.MaxProperties)
            return true;
        _look++;
        try
        {
            foreach (string name in part.Required)
            {
                (SchemaNode, bool)[] literals = [.. part.ObjectClauses.SelectMany(clause => LiteralsOf(clause, name, pattern => pattern.Pattern.Matches(name)))];
                if (literals.Length > 0 && literals.Length < 8 && !HasAny(literals))
                    return true;
            }
            return false;
        }
        finally
        {
            _look--;
        }
    }

    private bool HasAny((SchemaNode Schema, bool Holds)[] literals)
    {
        try
        {
            List<Part> parts = new Expansion(_document, _never) { IsEmpty = IsEmpty }.Expand(literals);
            return parts.Exists(part => part.Only is null || part.Only.Exists(value => (JsonValues.TypeOf(value.Json) & part.Types) != 0 && MayBe(part, value)));
        }
        catch (ConstraintException)
        {
            // Whoever needs it will say so.
            return true;
        }
    }

    private bool MayBe(Part part, SchemaNode value) => value.Json.ValueKind switch
    {
        JsonValueKind.String => StringsOf(part) is { } form && Fits(form, value.Json.GetString()!),
        JsonValueKind.Number => NumbersOf(part) is { } form && form.IsWhole(value.Json.GetRawText()),
        _ => true,
    };

    private static bool Fits(StringForm form, string text)
    {
        int length = text.EnumerateRunes().Count();
        return length >= form.Min && length <= form.Max && form.Dfa.Matches(text);
    }

    /// <summary>Whether a value has a shape.</summary>
    private bool Fits(Shape shape, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => shape.Null,
        JsonValueKind.True => shape.True,
        JsonValueKind.False => shape.False,
        JsonValueKind.String => shape.Strings.Exists(form => Fits(form, value.GetString()!)),
        JsonValueKind.Number => shape.Numbers.Exists(form => form.IsWhole(value.GetRawText())),
        JsonValueKind.Array => shape.Arrays.Exists(form => Fits(form, value)),
        _ => shape.Objects.Exists(form => Fits(form, value)),
    };

    private bool Fits(ArrayForm form, JsonElement value)
    {
        int count = value.GetArrayLength();
        if (form.Contains is { } asked)
        {
            int matches = Enumerable.Range(0, count).Count(i => i >= asked.From && Fits(ShapeOf(asked.Matches.At(i)), value[i]));
            if (matches < asked.Min || matches > asked.Max)
                return false;
        }
        return count >= form.Min && count <= form.Max
            && Enumerable.Range(0, count).All(i => (i < form.First.Count ? form.First[i] : form.Rest) is { } demand && Fits(ShapeOf(demand), value[i]));
    }

    private bool Fits(ObjectForm form, JsonElement value)
    {
        Dictionary<string, JsonElement> properties = new(StringComparer.Ordinal);
        foreach (JsonProperty property in value.EnumerateObject())
            properties[property.Name] = property.Value;
        if (properties.Count < form.Min || properties.Count > form.Max)
            return false;
        for (int i = 0; i < form.Names.Count; i++)
        {
            if (!properties.Remove(form.Names[i].Name, out JsonElement own))
            {
                if (form.Required[i])
                    return false;
                continue;
            }
            if (!form.NamePatterns.All(pattern => pattern.Matches(form.Names[i].Name)) || !Fits(ShapeOf(form.Names[i].Value), own))
                return false;
        }
        return properties.All(pair => form.NamePatterns.All(pattern => pattern.Matches(pair.Key))
            && form.Others.TryGetValue(form.Patterns.Select((pattern, i) => pattern.Matches(pair.Key) ? 1 << i : 0).Sum(), out Demand? demand) && Fits(ShapeOf(demand), pair.Value));
    }

    private Shape ShapeOf(Demand demand) => demand.Shape ??= MakeShape(demand.Literals);

    /// <summary>Finds the demands that finite values meet, from the simplest on.</summary>
    private void FindPossible()
    {
        foreach (Demand demand in _all)
        {
            Shape shape = demand.Shape!;
            demand.IsPossible = shape.Null || shape.True || shape.False || shape.Strings.Count > 0 || shape.Numbers.Count > 0;
        }
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (Demand demand in _all)
            {
                foreach (ArrayForm array in demand.Shape!.Arrays)
                {
                    int most = Most(array);
                    changed |= most != array.Most;
                    array.Most = most;
                    bool possible = most >= array.Min && (array.Contains is not { } asked || array.MatchesFrom(0) >= asked.Min);
                    changed |= possible != array.IsPossible;
                    array.IsPossible = possible;
                    demand.IsPossible |= possible;
                }
                foreach (ObjectForm form in demand.Shape.Objects)
                {
                    bool possible = IsPossible(form);
                    changed |= possible != form.IsPossible;
                    form.IsPossible = possible;
                    demand.IsPossible |= possible;
                }
            }
        }
        foreach (Demand demand in _all)
        {
            demand.Shape!.Arrays.RemoveAll(static form => !form.IsPossible);
            demand.Shape.Objects.RemoveAll(static form => !form.IsPossible);
        }
    }

    private static int Most(ArrayForm array)
    {
        for (int i = 0; i < array.First.Count; i++)
            if (!array.First[i].IsPossible)
                return Math.Min(i, array.Max);
        return array.Rest is { IsPossible: true } ? array.Max : Math.Min(array.First.Count, array.Max);
    }

    private static bool IsPossible(ObjectForm form)
    {
        int required = 0, available = 0;
        for (int i = 0; i < form.Names.Count; i++)
        {
            (string name, Demand value) = form.Names[i];
            bool possible = value.IsPossible && form.NamePatterns.All(pattern => pattern.Matches(name));
            if (form.Required[i] && !possible)
                return false;
            required += form.Required[i] ? 1 : 0;
            available += possible ? 1 : 0;
        }
        return required <= form.Max && (available >= form.Min || form.Others.Values.Any(static demand => demand.IsPossible));
    }
}
