using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Generator.Spec;

/// <summary>A constant that stands beside a property of the attribute; an enum's as its number.</summary>
internal readonly record struct WrittenValue(string Property, object Value);

/// <summary>Values by the attribute's properties, at most one each. They compare by value, in whatever order they were written.</summary>
internal readonly record struct WrittenValues
{
    private readonly EquatableArray<WrittenValue> _items;

    /// <summary>Those values; of a property written twice, which does not compile, the last.</summary>
    public WrittenValues(IEnumerable<WrittenValue> values) => _items = new EquatableArray<WrittenValue>(
        values.GroupBy(static value => value.Property).Select(static same => same.Last())
            .OrderBy(static value => value.Property, StringComparer.Ordinal));

    public bool Has(string property) => Find(property) is not null;

    /// <summary>A number, a boolean or an enum's number; null where the property is not written, or is no such.</summary>
    public T? Value<T>(string property)
        where T : struct
        => Find(property) is T value ? value : null;

    public string? Text(string property) => Find(property) as string;

    /// <summary>These values, and the others' of properties that are not among them.</summary>
    public WrittenValues Over(WrittenValues others) => new(others._items.Concat(_items));

    private object? Find(string property)
    {
        foreach (WrittenValue item in _items)
        {
            if (item.Property == property)
                return item.Value;
        }

        return null;
    }
}
