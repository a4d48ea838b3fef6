using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>The bounds of a slice.</summary>
internal sealed class SliceValue(object? start, object? stop, object? step)
{
    /// <summary>First index, stride and number of the elements that it takes.</summary>
    public (int First, int Stride, int Count) Resolve(int length)
    {
        int stride = step is null ? 1 : IndexOf(step);
        if (stride == 0)
            throw TemplateError.Value("slice step cannot be zero");
        int least = stride > 0 ? 0 : -1, most = stride > 0 ? length : length - 1;
        int from = start is null ? (stride > 0 ? 0 : length - 1) : Clamp(IndexOf(start));
        int to = stop is null ? (stride > 0 ? length : -1) : Clamp(IndexOf(stop));
        long span = stride > 0 ? (long)to - from : (long)from - to;
        long size = Math.Abs((long)stride);
        return (from, stride, span <= 0 ? 0 : (int)((span + size - 1) / size));

        int Clamp(int index) => (int)Math.Clamp(index < 0 ? (long)index + length : index, least, most);
    }

    private static int IndexOf(object? value) => Values.TryInteger(value, out _)
        ? Values.Index(value)
        : throw TemplateError.Type("slice indices must be integers or None or have an __index__ method");
}

/// <summary>Attributes and elements of values, in the sandbox's order: `a.b` looks for a method first, `a[b]` for an element.</summary>
internal static class Members
{
    private static readonly HashSet<string> s_listChanges =
        ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"];

    private static readonly HashSet<string> s_dictChanges = ["clear", "pop", "popitem", "setdefault", "update"];

    public static object? Attribute(Run run, object? owner, string name)
    {
        if (owner is UndefinedValue undefined)
            throw undefined.Error();
        if (TryMember(owner, name, out object? member))
            return member;
        if (owner is DictValue dict && dict.TryGet(name, out object? value))
            return value;
        return UndefinedValue.Of(owner, name);
    }

    public static object? Item(Run run, object? owner, object? key)
    {
        if (owner is UndefinedValue undefined)
            throw undefined.Error();
        if (key is SliceValue slice)
            return Slice(run, owner, slice);
        if (TryItem(owner, key, out object? value))
            return value;
        if (key is Text name && TryMember(owner, name.Value, out object? member))
            return member;
        return UndefinedValue.Of(owner, key);
    }

    /// <summary>Whether a value has an attribute, which may be one that the sandbox keeps shut.</summary>
    public static bool TryMember(object? owner, string name, out object? member)
    {
        member = null;
        if (name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal) && IsPythons(name))
        {
            member = UndefinedValue.Unsafe(owner, name);
            return true;
        }
        switch (owner)
        {
            case Text text:
                member = TextMethods.Find(text, name);
                break;
            case DictValue dict:
                if (s_dictChanges.Contains(name))
                    member = UndefinedValue.Unsafe(owner, name);
                else
                    member = Containers.Find(dict, name);
                break;
            case ListValue list:
                if (s_listChanges.Contains(name))
                    member = UndefinedValue.Unsafe(owner, name);
                else
                    member = Containers.Find(list, name);
                break;
            case TupleValue { IsGroup: true } group when name is "grouper" or "list":
                member = group.Items[name == "grouper" ? 0 : 1];
                return true;
            case TupleValue tuple:
                member = Containers.Find(tuple, name);
                break;
            case RangeValue range when name is "start" or "stop" or "step":
                member = Values.Box(name == "start" ? range.Start : name == "stop" ? range.Stop : range.Step);
                break;
            case NamespaceValue space:
                return space.Attributes.TryGetValue(name, out member);
            case LoopValue loop:
                return loop.TryGet(name, out member);
            case Cycler cycler:
                return cycler.TryGet(name, out member);
            case Macro macro when name is "name" or "arguments" or "catch_kwargs" or "catch_varargs" or "caller":
                member = name switch
                {
                    "name" => new Text(macro.Node.Name),
                    "arguments" =>
                        new TupleValue(Array.ConvertAll(macro.Node.Parameters, static parameter => (object?)new Text(parameter.Name))),
                    "catch_kwargs" => Values.Box(macro.Node.UsesKeywords),
                    "catch_varargs" => Values.Box(macro.Node.UsesExtras),
                    _ => Values.Box(macro.Node.UsesCaller),
                };
                break;
            case long or bool or BigInteger or double:
                member = Containers.OfNumber(owner, name);
                break;
        }
        return member is not null;
    }

    /// <summary>An element by an attribute path such as `a.b.0`, as filters take it.</summary>
    public static object? Path(Run run, object? item, object? path)
    {
        if (path is not Text text)
            return path is null ? item : Item(run, item, path);
        foreach (string part in text.Value.Split('.'))
        {
            item = Item(run, item, part.Length > 0 && part.AsSpan()
                .IndexOfAnyExceptInRange('0', '9') < 0 ? Values.Box(BigInteger.Parse(part, CultureInfo.InvariantCulture)) : new Text(part));
        }

        return item;
    }

    private static bool IsPythons(string name) =>
        name is "__class__" or "__dict__" or "__doc__" or "__init__" or "__module__" or "__new__" or "__reduce__"
        or "__reduce_ex__" or "__repr__" or "__str__" or "__hash__" or "__eq__" or "__ne__" or "__lt__" or "__le__" or "__gt__" or "__ge__"
            or "__getattribute__"
        or "__setattr__" or "__delattr__" or "__dir__" or "__format__" or "__sizeof__" or "__subclasshook__" or "__init_subclass__"
            or "__len__" or "__iter__"
        or "__getitem__" or "__contains__" or "__add__" or "__mul__" or "__call__" or "__globals__" or "__code__" or "__self__"
            or "__func__" or "__builtins__";

    private static bool TryItem(object? owner, object? key, out object? value)
    {
        value = null;
        switch (owner)
        {
            case DictValue dict:
                return key is not (ListValue or DictValue) && dict.TryGet(key, out value);
            case NamespaceValue space when key is Text name:
                return space.Attributes.TryGetValue(name.Value, out value);
        }
        if (!Values.TryInteger(key, out BigInteger number) || owner is not (Text or ListValue or TupleValue or RangeValue))
            return false;
        int length = Values.Length(owner)!.Value;
        if (number < 0)
            number += length;
        if (number < 0 || number >= length)
            return false;
        int index = (int)number;
        value = owner switch
        {
            Text text => text.At(index),
            ListValue list => list.Items[index],
            TupleValue tuple => tuple.Items[index],
            _ => ((RangeValue)owner).At(index),
        };
        return true;
    }

    private static object Slice(Run run, object? owner, SliceValue slice)
    {
        if (owner is not (Text or ListValue or TupleValue or RangeValue))
        {
            return owner is DictValue
                ? UndefinedValue.Because("dict object has no element slice")
                : throw TemplateError.Type($"'{Values.TypeName(owner)}' object is not subscriptable");
        }
        (int first, int stride, int count) = slice.Resolve(Values.Length(owner)!.Value);
        if (owner is Text text)
        {
            if (stride == 1)
                return text.Slice(text.UnitOf(first), text.UnitOf(first + count));
            TextBuilder builder = new(run);
            for (int i = 0, at = first; i < count; i++, at += stride)
                builder.Append(text, text.UnitOf(at), text.UnitOf(at + 1));
            return builder.ToText(text.IsMarkup);
        }
        if (owner is RangeValue range)
        {
            return new RangeValue(
                range.Start + first * range.Step, range.Start + (first + (long)stride * count) * range.Step, range.Step * stride, count);
        }

        run.ChargeItems(count);
        IReadOnlyList<object?> items = owner is ListValue list ? list.Items : ((TupleValue)owner).Items;
        List<object?> taken = new(count);
        for (int i = 0, at = first; i < count; i++, at += stride)
            taken.Add(items[at]);
        return owner is ListValue ? new ListValue(taken) : new TupleValue([.. taken]);
    }
}
