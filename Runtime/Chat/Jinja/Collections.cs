using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>A list. Templates cannot change one; they make new ones.</summary>
internal sealed class ListValue(List<object?> items)
{
    public List<object?> Items { get; } = items;
}

/// <summary>A tuple.</summary>
internal sealed class TupleValue(object?[] items, bool isGroup = false)
{
    public static readonly TupleValue Empty = new([]);

    public object?[] Items { get; } = items;

    /// <summary>Whether it is one of `groupby`, whose parts have the names grouper and list.</summary>
    public bool IsGroup { get; } = isGroup;
}

/// <summary>A range of integers.</summary>
internal sealed class RangeValue(long start, long stop, long step, long count)
{
    public long Start { get; } = start;

    public long Stop { get; } = stop;

    public long Step { get; } = step;

    public int Count { get; } = (int)count;

    public object At(int index) => Values.Box(Start + index * Step);
}

/// <summary>What `keys`, `values` and `items` of a dictionary give.</summary>
internal sealed class DictView(DictValue dict, string kind)
{
    public DictValue Dict { get; } = dict;

    /// <summary>keys, values or items.</summary>
    public string Kind { get; } = kind;

    public IEnumerable<object?> Elements()
    {
        for (int i = 0; i < Dict.Count; i++)
        {
            KeyValuePair<object?, object?> pair = Dict.At(i);
            yield return Kind switch { "keys" => pair.Key, "values" => pair.Value, _ => new TupleValue([pair.Key, pair.Value]) };
        }
    }
}

/// <summary>Elements that are found one by one, and once only.</summary>
internal sealed class GeneratorValue(IEnumerable<object?> elements, string name = "generator")
{
    private readonly IEnumerator<object?> _elements = elements.GetEnumerator();

    /// <summary>What Python calls its kind.</summary>
    public string Name { get; } = name;

    public IEnumerable<object?> Rest()
    {
        while (Next(out object? element))
            yield return element;
    }

    public bool Next(out object? element)
    {
        // One may draw from another, and so on.
        Run.CheckStack();
        bool found = _elements.MoveNext();
        element = found ? _elements.Current : null;
        return found;
    }
}

/// <summary>A template's own variables that loops and macros may change.</summary>
internal sealed class NamespaceValue
{
    public Dictionary<string, object?> Attributes { get; } = new(StringComparer.Ordinal);

    public void Set(Run run, string name, object? value)
    {
        if (name.StartsWith('_'))
        {
            throw new TemplateError(
                ChatTemplateErrorKind.Other,
                $"Chat templates cannot store underscore-prefixed attributes on a namespace, but got '{name}'. Please rename the "
                    + "attribute.");
        }
        run.ChargeItems(1);
        Attributes[name] = value;
    }
}
