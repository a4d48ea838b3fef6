using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Chat.Jinja;

/// <content>Filters of sequences.</content>
internal static partial class Filters
{
    private static GeneratorValue Batch(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("batch", 1, "linecount", "fill_with");
        int size = Values.Index(bound[0]);
        object? fill = IsGiven(bound[1]) ? bound[1] : null;
        return Generator(run, Batches());

        IEnumerable<object?> Batches()
        {
            List<object?> batch = [];
            foreach (object? item in Values.Iterate(value))
            {
                run.Step();
                if (batch.Count == size)
                {
                    yield return new ListValue(batch);
                    batch = [];
                }
                run.ChargeItems(1);
                batch.Add(item);
            }
            if (batch.Count == 0)
                yield break;
            run.ChargeItems(fill is null ? 0 : Math.Max(0, size - batch.Count));
            while (fill is not null && batch.Count < size)
                batch.Add(fill);
            yield return new ListValue(batch);
        }
    }

    private static ListValue DictSort(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("dictsort", 0, "case_sensitive", "by", "reverse");
        string by = IsGiven(bound[1]) ? bound[1] is Text name ? name.Value : "" : "key";
        if (by is not ("key" or "value"))
            throw Bad("You can only sort by either \"key\" or \"value\"");
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (value is not DictValue dict)
            throw TemplateError.Type($"'{Values.TypeName(value)}' object has no attribute 'items'");
        int part = by == "key" ? 0 : 1;
        bool exact = Flag(bound[0]);
        List<object?> pairs = Values.ToList(run, new DictView(dict, "items"));
        return new ListValue(Sorting.Sort(run, pairs, pair => Folded(run, ((TupleValue)pair!).Items[part], exact), Flag(bound[2])));
    }

    private static object? First(Run run, object? value, Arguments arguments)
    {
        if (value is GeneratorValue generator)
            return generator.Next(out object? element) ? element : UndefinedValue.Because("No first item, sequence was empty.");
        foreach (object? item in Values.Iterate(value))
            return item;
        return UndefinedValue.Because("No first item, sequence was empty.");
    }

    private static object? Last(Run run, object? value, Arguments arguments)
    {
        switch (value)
        {
            case Text { Value.Length: > 0 } text:
                return text.At(text.Count - 1);
            case GeneratorValue or NamespaceValue or LoopValue:
                throw TemplateError.Type($"'{Values.TypeName(value)}' object is not reversible");
            default:
                List<object?> items = Values.Elements(value) is null
                    ? throw TemplateError.Type($"'{Values.TypeName(value)}' object is not reversible")
                    : Values.ToList(run, value);
                return items.Count > 0 ? items[^1] : UndefinedValue.Because("No last item, sequence was empty.");
        }
    }

    private static ListValue GroupBy(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("groupby", 1, "attribute", "default", "case_sensitive");
        bool exact = Flag(bound[2]);
        object? usual = IsGiven(bound[1]) ? bound[1] : null;
        List<object?> sorted = Sorting.Sort(run, Values.ToList(run, value), item => Folded(run, KeyOf(item), exact), reverse: false);
        List<object?> groups = [];
        List<object?> group = [];
        for (int i = 0; i < sorted.Count; i++)
        {
            if (i > 0 && !Values.AreEqual(Folded(run, KeyOf(sorted[i - 1]), exact), Folded(run, KeyOf(sorted[i]), exact)))
                Close();
            group.Add(sorted[i]);
        }
        if (group.Count > 0)
            Close();
        return new ListValue(groups);

        object? KeyOf(object? item) =>
            Members.Path(run, item, bound[0]) is var found && found is UndefinedValue && usual is not null ? usual : found;

        void Close()
        {
            groups.Add(new TupleValue([KeyOf(group[0]), new ListValue(group)], isGroup: true));
            group = [];
        }
    }

    private static GeneratorValue Items(Run run, object? value, Arguments arguments) => Generator(run, value switch
    {
        UndefinedValue => [],
        DictValue dict => new DictView(dict, "items").Elements(),
        // As Python has it, the error comes with the first pair that is asked for.
        _ => new object?[1].Select(static object? (_) => throw TemplateError.Type("Can only get item pairs from a mapping.")),
    });

    private static Text Join(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("join", 0, "d", "attribute");
        object? items = IsGiven(bound[1]) && bound[1] is not null ? Generator(run, Paths(run, value, bound[1])) : value;
        return TextMethods.Join(run, IsGiven(bound[0]) ? Repr.Str(run, bound[0]).AsPlain() : Text.Empty, items, strict: false);
    }

    private static IEnumerable<object?> Paths(Run run, object? value, object? path)
    {
        foreach (object? item in Values.Iterate(value))
            yield return Members.Path(run, item, path);
    }

    private static GeneratorValue Map(Run run, object? value, Arguments arguments) => Generator(run, Mapped(run, value, arguments));

    private static IEnumerable<object?> Mapped(Run run, object? value, Arguments arguments)
    {
        if (!Values.IsTrue(value))
            yield break;
        Func<object?, object?> map = Mapping(run, arguments);
        foreach (object? item in Values.Iterate(value))
        {
            run.Step();
            yield return map(item);
        }
    }

    private static Func<object?, object?> Mapping(Run run, Arguments arguments)
    {
        List<KeyValuePair<string, object?>> named = arguments.Named ?? [];
        int attribute = named.FindIndex(static pair => pair.Key == "attribute");
        if (arguments.Positional.Length == 0 && attribute >= 0)
        {
            object? usual = named.Find(static pair => pair.Key == "default").Value;
            if (named.FindIndex(static pair => pair.Key is not ("attribute" or "default")) is >= 0 and var other)
                throw Bad($"Unexpected keyword argument {Repr.Quoted(named[other].Key)}");
            object? path = named[attribute].Value;
            return item => Members.Path(run, item, path) is var found && found is UndefinedValue && usual is not null ? usual : found;
        }
        if (arguments.Positional.Length == 0)
            throw Bad("map requires a filter argument");
        string name = arguments.Positional[0] is Text text ? text.Value : Repr.Plain(arguments.Positional[0]);
        Filter filter = Find(name) ?? throw Bad($"No filter named {Repr.Quoted(name)}.");
        Arguments rest = new(arguments.Positional[1..], arguments.Named);
        return item => filter(run, item, rest);
    }

    private static GeneratorValue Select(Run run, object? value, Arguments arguments, bool isReject, bool byAttribute) =>
        Generator(run, Selected(run, value, arguments, isReject, byAttribute));

    private static IEnumerable<object?> Selected(Run run, object? value, Arguments arguments, bool isReject, bool byAttribute)
    {
        if (!Values.IsTrue(value))
            yield break;
        object?[] given = arguments.Positional;
        int next = byAttribute ? 1 : 0;
        if (given.Length < next)
            throw Bad("Missing parameter for attribute name");
        Test? test = given.Length == next ? null : Tests.Require(given[next] is Text name ? name.Value : Repr.Plain(given[next]));
        Arguments rest = new(test is null ? [] : given[(next + 1)..], arguments.Named);
        foreach (object? item in Values.Iterate(value))
        {
            run.Step();
            object? tested = byAttribute ? Members.Path(run, item, given[0]) : item;
            if ((test is null ? Values.IsTrue(tested) : test(run, tested, rest)) != isReject)
                yield return item;
        }
    }

    private static object? Reverse(Run run, object? value, Arguments arguments)
    {
        if (value is Text text)
            return Members.Item(run, text, new SliceValue(null, null, Values.Box(-1)));
        if (Values.Elements(value) is null)
            throw Bad("argument must be iterable");
        List<object?> items = Values.ToList(run, value);
        items.Reverse();
        if (value is GeneratorValue or UndefinedValue)
            return new ListValue(items);
        string kind = value switch { ListValue => "list_reverseiterator", DictValue => "dict_reversekeyiterator",
            RangeValue => "range_iterator", _ => "reversed" };
        run.ChargeItems(4);
        return new GeneratorValue(items, kind);
    }

    private static GeneratorValue Slice(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("slice", 1, "slices", "fill_with");
        int slices = Values.Index(bound[0]);
        if (slices == 0)
            throw TemplateError.Value("integer division or modulo by zero");
        List<object?> items = Values.ToList(run, value);
        return Generator(run, Slices());

        IEnumerable<object?> Slices()
        {
            int size = slices > 0 ? items.Count / slices : 0, extra = slices > 0 ? items.Count % slices : 0;
            for (int i = 0, at = 0; i < slices; i++)
            {
                run.Step();
                int count = size + (i < extra ? 1 : 0);
                run.ChargeItems(count + 1);
                List<object?> slice = items.GetRange(at, count);
                at += count;
                if (IsGiven(bound[1]) && bound[1] is not null && i >= extra)
                    slice.Add(bound[1]);
                yield return new ListValue(slice);
            }
        }
    }

    private static ListValue Sort(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("sort", 0, "reverse", "case_sensitive", "attribute");
        bool exact = Flag(bound[1]);
        object?[] paths = bound[2] is Text names
            ? Array.ConvertAll(names.Value.Split(','), static name => (object?)new Text(name)) : [IsGiven(bound[2]) ? bound[2] : null];
        return new ListValue(Sorting.Sort(
            run, Values.ToList(run, value), item =>
                new ListValue([.. Array.ConvertAll(paths, path => Folded(run, Members.Path(run, item, path), exact))]), Flag(bound[0])));
    }

    private static object? Sum(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("sum", 0, "attribute", "start");
        object? sum = IsGiven(bound[1]) ? bound[1] : Values.Box(0);
        if (sum is Text)
            throw TemplateError.Type("sum() can't sum strings [use ''.join(seq) instead]");
        foreach (object? item in Values.Iterate(value))
        {
            run.Step();
            sum = Operators.Binary(run, "+", sum, IsGiven(bound[0]) ? Members.Path(run, item, bound[0]) : item);
        }
        return sum;
    }

    private static GeneratorValue Unique(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("unique", 0, "case_sensitive", "attribute");
        return Generator(run, Distinct());

        IEnumerable<object?> Distinct()
        {
            DictValue seen = new();
            foreach (object? item in Values.Iterate(value))
            {
                run.Step();
                object? key =
                    Values.RequireHashable(Folded(run, IsGiven(bound[1]) ? Members.Path(run, item, bound[1]) : item, Flag(bound[0])));
                if (seen.TryGet(key, out _))
                    continue;
                run.ChargeItems(1);
                seen.Set(key, null);
                yield return item;
            }
        }
    }

    private static object? Extreme(Run run, object? value, Arguments arguments, string name, Func<object?, object?, bool> isBetter)
    {
        object?[] bound = arguments.Bind(name, 0, "case_sensitive", "attribute");
        object? best = UndefinedValue.Because("No aggregated item, sequence was empty.");
        object? bestKey = null;
        bool first = true;
        foreach (object? item in Values.Iterate(value))
        {
            run.Step();
            object? key = Folded(run, IsGiven(bound[1]) ? Members.Path(run, item, bound[1]) : item, Flag(bound[0]));
            if (!first && !isBetter(key, bestKey))
                continue;
            (best, bestKey, first) = (item, key, false);
        }
        return best;
    }

    private static object? Folded(Run run, object? value, bool exact) => !exact && value is Text text ? Casing.Lower(run, text) : value;

    private static GeneratorValue Generator(Run run, IEnumerable<object?> elements)
    {
        run.ChargeItems(6);
        return new GeneratorValue(elements);
    }
}
