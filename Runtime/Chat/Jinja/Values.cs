using System;
using System.Collections.Generic;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>
/// What holds for values of all types, which are Python's: None is null, and the others are bool, long, BigInteger (what a long cannot
/// hold), double,
/// <see cref="Text"/>, and the classes of this room.
/// </summary>
internal static class Values
{
    private const int MostBits = 1 << 16;
    private static readonly object[] s_small = MakeSmall();

    public static readonly object True = true;
    public static readonly object False = false;

    public static object Box(bool value) => value ? True : False;

    public static object Box(long value) => value is >= -16 and < 240 ? s_small[value + 16] : value;

    public static object Box(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
            return Box((long)value);
        return value.GetBitLength() <= MostBits
            ? value : throw new TemplateError(ChatTemplateErrorKind.Limit, $"an integer of more than {MostBits} bits");
    }

    /// <summary>The name of a value's type.</summary>
    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        Text { IsMarkup: true } => "Markup",
        Text => "str",
        ListValue => "list",
        TupleValue => "tuple",
        DictValue => "dict",
        RangeValue => "range",
        DictView view => "dict_" + view.Kind,
        GeneratorValue generator => generator.Name,
        UndefinedValue => "Undefined",
        NamespaceValue => "Namespace",
        Macro => "Macro",
        LoopValue => "LoopContext",
        Function { Self: not null } => "builtin_function_or_method",
        Function => "function",
        _ => value.GetType().Name,
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or UndefinedValue => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        Text text => text.Value.Length > 0,
        ListValue list => list.Items.Count > 0,
        TupleValue tuple => tuple.Items.Length > 0,
        DictValue dict => dict.Count > 0,
        RangeValue range => range.Count > 0,
        DictView view => view.Dict.Count > 0,
        LoopValue loop => loop.Length > 0,
        _ => true,
    };

    /// <summary>A number's value, where it is an integer or a bool.</summary>
    public static bool TryInteger(object? value, out BigInteger integer)
    {
        integer = value switch { bool flag => flag ? 1 : 0, long number => number, BigInteger number => number, _ => default };
        return value is bool or long or BigInteger;
    }

    /// <summary>An integer that fits into 32 bits, as an index or a count is; others are clamped.</summary>
    public static int Index(object? value) => TryInteger(value, out BigInteger integer)
        ? (int)BigInteger.Clamp(integer, -int.MaxValue, int.MaxValue)
        : throw (value is UndefinedValue undefined
            ? undefined.Error() : TemplateError.Type($"'{TypeName(value)}' object cannot be interpreted as an integer"));

    public static bool TryNumber(object? value, out double number)
    {
        number = value switch { bool flag => flag ? 1 : 0, long integer => integer, BigInteger integer => (double)integer,
            double real => real, _ => 0 };
        return value is bool or long or BigInteger or double;
    }

    /// <summary>The length, or null where the type has none.</summary>
    public static int? Length(object? value) => value switch
    {
        Text text => text.Count,
        ListValue list => list.Items.Count,
        TupleValue tuple => tuple.Items.Length,
        DictValue dict => dict.Count,
        RangeValue range => range.Count,
        DictView view => view.Dict.Count,
        UndefinedValue => 0,
        LoopValue loop => loop.Length,
        _ => null,
    };

    /// <summary>The elements of what can be gone through; null for anything else.</summary>
    public static IEnumerable<object?>? Elements(object? value) => value switch
    {
        ListValue list => list.Items,
        TupleValue tuple => tuple.Items,
        DictValue dict => Keys(dict),
        DictView view => view.Elements(),
        Text text => text.CodePoints(),
        RangeValue range => Numbers(range),
        GeneratorValue generator => generator.Rest(),
        UndefinedValue => [],
        LoopValue loop => loop.Pairs(),
        _ => null,
    };

    public static IEnumerable<object?> Iterate(object? value) =>
        Elements(value) ?? throw TemplateError.Type($"'{TypeName(value)}' object is not iterable");

    /// <summary>All elements at once.</summary>
    public static List<object?> ToList(Run run, object? value)
    {
        run.ChargeItems(Length(value) ?? 0);
        bool counted = Length(value) is not null;
        List<object?> items = [];
        foreach (object? item in Iterate(value))
        {
            run.Step();
            if (!counted)
                run.ChargeItems(1);
            items.Add(item);
        }
        return items;
    }

    public static bool AreEqual(object? a, object? b)
    {
        if (ReferenceEquals(a, b))
            return a is not double number || !double.IsNaN(number);
        switch (a)
        {
            case Text left:
                return b is Text right && left.Value == right.Value;
            case bool or long or BigInteger or double:
                return AreEqualNumbers(a, b);
            case ListValue left:
                return b is ListValue otherList && AreEqual(left.Items, otherList.Items);
            case TupleValue left:
                return b is TupleValue otherTuple && AreEqual(left.Items, otherTuple.Items);
            case DictValue left:
                return b is DictValue otherDict && AreEqual(left, otherDict);
            case RangeValue left:
                return b is RangeValue otherRange && left.Count == otherRange.Count
                    && (left.Count == 0 || (left.Start == otherRange.Start && (left.Count == 1 || left.Step == otherRange.Step)));
            case UndefinedValue:
                return b is UndefinedValue;
            default:
                return false;
        }
    }

    /// <summary>A hash by which equal values are the same.</summary>
    public static int Hash(object? value) => value switch
    {
        null => 0,
        Text text => string.GetHashCode(text.Value, StringComparison.Ordinal),
        bool flag => flag ? 1 : 0,
        long number => number.GetHashCode(),
        BigInteger number => number.GetHashCode(),
        double number => number == Math.Floor(number) && Math.Abs(number) < 1e18 ? ((long)number).GetHashCode() : number.GetHashCode(),
        TupleValue tuple => HashAll(tuple.Items),
        UndefinedValue => 1,
        _ => value.GetHashCode(),
    };

    /// <summary>Refuses what cannot be a key.</summary>
    public static object? RequireHashable(object? value)
    {
        Run.CheckStack();
        switch (value)
        {
            case ListValue or DictValue:
                throw TemplateError.Type($"unhashable type: '{TypeName(value)}'");
            case TupleValue tuple:
                foreach (object? item in tuple.Items)
                    RequireHashable(item);
                break;
        }
        return value;
    }

    /// <summary>Whether one comes before another.</summary>
    /// <param name="a">The one.</param>
    /// <param name="b">The other.</param>
    /// <param name="sign">The operator's name, for messages.</param>
    public static int Compare(object? a, object? b, string sign)
    {
        Run.CheckStack();
        if (a is UndefinedValue undefined)
            throw undefined.Error();
        if (b is UndefinedValue other)
            throw other.Error();
        if (a is Text left && b is Text right)
            return CompareTexts(left.Value, right.Value);
        if (a is not Text && b is not Text && TryNumber(a, out double x) && TryNumber(b, out double y))
        {
            if (TryInteger(a, out BigInteger i) && TryInteger(b, out BigInteger j))
                return Math.Sign(i.CompareTo(j));
            // Of NaN nothing holds.
            return double.IsNaN(x) || double.IsNaN(y) ? 2 : x.CompareTo(y);
        }
        return (a, b) switch
        {
            (ListValue first, ListValue second) => CompareAll(first.Items, second.Items, sign),
            (TupleValue first, TupleValue second) => CompareAll(first.Items, second.Items, sign),
            _ => throw TemplateError.Type($"'{sign}' not supported between instances of '{TypeName(a)}' and '{TypeName(b)}'"),
        };
    }

    /// <summary>Whether one comes before another, as sorting asks.</summary>
    public static bool IsLess(object? a, object? b) => Compare(a, b, "<") < 0;

    private static int CompareAll(IReadOnlyList<object?> a, IReadOnlyList<object?> b, string sign)
    {
        for (int i = 0; i < Math.Min(a.Count, b.Count); i++)
            if (!AreEqual(a[i], b[i]))
                return Compare(a[i], b[i], sign);
        return a.Count.CompareTo(b.Count);
    }

    private static int CompareTexts(string a, string b)
    {
        // By code points: surrogates come after all else.
        int at = a.AsSpan().CommonPrefixLength(b);
        if (at == a.Length || at == b.Length)
            return Math.Sign(a.Length - b.Length);
        return Math.Sign(Rank(a[at]) - Rank(b[at]));

        static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
    }

    private static bool AreEqualNumbers(object a, object? b)
    {
        if (TryInteger(a, out BigInteger i) && TryInteger(b, out BigInteger j))
            return i == j;
        return TryNumber(a, out double x) && TryNumber(b, out double y) && x == y;
    }

    private static bool AreEqual(IReadOnlyList<object?> a, IReadOnlyList<object?> b)
    {
        Run.CheckStack();
        if (a.Count != b.Count)
            return false;
        for (int i = 0; i < a.Count; i++)
            if (!AreEqual(a[i], b[i]))
                return false;
        return true;
    }

    private static bool AreEqual(DictValue a, DictValue b)
    {
        Run.CheckStack();
        if (a.Count != b.Count)
            return false;
        for (int i = 0; i < a.Count; i++)
        {
            KeyValuePair<object?, object?> pair = a.At(i);
            if (!b.TryGet(pair.Key, out object? value) || !AreEqual(pair.Value, value))
                return false;
        }
        return true;
    }

    private static int HashAll(object?[] items)
    {
        Run.CheckStack();
        HashCode hash = default;
        foreach (object? item in items)
            hash.Add(Hash(item));
        return hash.ToHashCode();
    }

    private static IEnumerable<object?> Keys(DictValue dict)
    {
        for (int i = 0; i < dict.Count; i++)
            yield return dict.At(i).Key;
    }

    private static IEnumerable<object?> Numbers(RangeValue range)
    {
        for (int i = 0; i < range.Count; i++)
            yield return range.At(i);
    }

    private static object[] MakeSmall()
    {
        object[] small = new object[256];
        for (int i = 0; i < small.Length; i++)
            small[i] = (long)(i - 16);
        return small;
    }
}
