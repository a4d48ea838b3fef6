using System;
using System.Collections.Generic;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>What Python's operators do.</summary>
internal static class Operators
{
    public static object? Unary(char sign, object? value)
    {
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (Values.TryInteger(value, out BigInteger integer))
            return Values.Box(sign == '-' ? -integer : integer);
        return value is double real
            ? sign == '-' ? -real : real
            : throw TemplateError.Type($"bad operand type for unary {sign}: '{Values.TypeName(value)}'");
    }

    public static object? Binary(Run run, string op, object? left, object? right)
    {
        // A string on the left of % is a format, which takes an undefined value as text.
        if (op == "%" && left is Text format)
            return PercentFormat.Format(run, format, right);
        if (left is UndefinedValue a)
            throw a.Error();
        if (right is UndefinedValue b)
            throw b.Error();
        if (left is long x && right is long y && (int)x == x && (int)y == y && (op is "+" or "-"))
            return Values.Box(op == "+" ? x + y : x - y);
        if (Values.TryInteger(left, out BigInteger i) && Values.TryInteger(right, out BigInteger j))
            return Integers(op, i, j);
        if (Values.TryNumber(left, out double d) && Values.TryNumber(right, out double e))
            return Reals(op, d, e);
        return op switch
        {
            "+" => Add(run, left, right),
            "*" => Multiply(run, left, right),
            _ => throw Unsupported(op, left, right),
        };
    }

    public static bool Compare(Run run, string op, object? left, object? right) => op switch
    {
        "==" => Values.AreEqual(left, right),
        "!=" => !Values.AreEqual(left, right),
        "<" => Values.Compare(left, right, op) < 0,
        "<=" => Values.Compare(left, right, op) <= 0,
        ">" => Values.Compare(left, right, op) == 1,
        ">=" => Values.Compare(left, right, op) is 0 or 1,
        "in" => Contains(run, right, left),
        _ => !Contains(run, right, left),
    };

    /// <summary>Whether a container has an element, a dictionary a key, a string a stretch.</summary>
    public static bool Contains(Run run, object? container, object? item)
    {
        switch (container)
        {
            case Text text:
                run.Step(text.Value.Length >> 4);
                return item is Text part
                    ? text.Value.Contains(part.Value, StringComparison.Ordinal)
                    : throw TemplateError.Type($"'in <string>' requires string as left operand, not {Values.TypeName(item)}");
            case DictValue dict:
                return dict.TryGet(Values.RequireHashable(item), out _);
            case DictView { Kind: "keys" } view:
                return view.Dict.TryGet(Values.RequireHashable(item), out _);
            case RangeValue range when Values.TryInteger(item, out BigInteger number):
                return Numbers.IsIn(range, number);
            default:
                IEnumerable<object?> elements = Values.Elements(container)
                    ?? throw TemplateError.Type($"argument of type '{Values.TypeName(container)}' is not iterable");
                foreach (object? element in elements)
                {
                    run.Step();
                    if (Values.AreEqual(element, item))
                        return true;
                }
                return false;
        }
    }

    public static object? Call(Run run, object? function, Arguments arguments)
    {
        switch (function)
        {
            case Callable callable:
                Run.CheckStack();
                return callable.Call(run, arguments);
            case UndefinedValue undefined:
                throw undefined.Error();
            default:
                throw TemplateError.Type($"'{Values.TypeName(function)}' object is not callable");
        }
    }

    /// <summary>Two texts as one; what joins escaped HTML is escaped.</summary>
    public static Text Join(Run run, Text left, Text right)
    {
        bool markup = left.IsMarkup || right.IsMarkup;
        if (markup)
            (left, right) = (Html.Escape(run, left), Html.Escape(run, right));
        return new TextBuilder(run).Append(left).Append(right).ToText(markup);
    }

    private static object Integers(string op, BigInteger a, BigInteger b)
    {
        switch (op)
        {
            case "+":
                return Values.Box(a + b);
            case "-":
                return Values.Box(a - b);
            case "*":
                return Values.Box(a * b);
            case "/":
                return b.IsZero ? throw Zero("division by zero") : Quotient(a, b);
            case "//":
                return b.IsZero ? throw Zero("integer division or modulo by zero") : Values.Box(Numbers.FloorDivide(a, b));
            case "%":
                return b.IsZero ? throw Zero("integer modulo by zero") : Values.Box(a - Numbers.FloorDivide(a, b) * b);
            default:
                if (b < 0)
                    return a.IsZero ? throw Zero("0.0 cannot be raised to a negative power") : Math.Pow((double)a, (double)b);
                if (BigInteger.Abs(a) <= 1)
                    return Values.Box(a.IsZero ? (b.IsZero ? 1 : 0) : a.IsOne || b.IsEven ? 1 : -1);
                if (b > 1 << 16 || a.GetBitLength() * (long)b > 1 << 17)
                    throw new TemplateError(ChatTemplateErrorKind.Limit, $"{a} ** {b} has too many digits");
                return Values.Box(BigInteger.Pow(a, (int)b));
        }
    }

    private static double Quotient(BigInteger a, BigInteger b)
    {
        double quotient = (double)a / (double)b;
        return double.IsFinite(quotient) ? quotient : throw TemplateError.Value("integer division result too large for a float");
    }

    private static double Reals(string op, double a, double b)
    {
        switch (op)
        {
            case "+":
                return a + b;
            case "-":
                return a - b;
            case "*":
                return a * b;
            case "/":
                return b == 0 ? throw Zero("float division by zero") : a / b;
            case "//":
                return b == 0 ? throw Zero("float floor division by zero") : Math.Floor((a - Modulo(a, b)) / b + 0.5);
            case "%":
                return b == 0 ? throw Zero("float modulo") : Modulo(a, b);
            default:
                if (a == 0 && b < 0)
                    throw Zero("0.0 cannot be raised to a negative power");
                double power = Math.Pow(a, b);
                if (double.IsNaN(power) && !double.IsNaN(a) && !double.IsNaN(b))
                    throw new TemplateError(ChatTemplateErrorKind.Other, "complex numbers are not supported");
                return double.IsInfinity(power) && double.IsFinite(a) && double.IsFinite(b)
                    ? throw TemplateError.Value("(34, 'Numerical result out of range')") : power;
        }
    }

    private static double Modulo(double a, double b)
    {
        double rest = a % b;
        return rest != 0 && rest < 0 != b < 0 ? rest + b : rest == 0 ? Math.CopySign(0, b) : rest;
    }

    private static object Add(Run run, object? left, object? right)
    {
        switch (left, right)
        {
            case (Text a, Text b):
                return Join(run, a, b);
            case (ListValue a, ListValue b):
                run.ChargeItems(a.Items.Count + b.Items.Count);
                return new ListValue([.. a.Items, .. b.Items]);
            case (TupleValue a, TupleValue b):
                run.ChargeItems(a.Items.Length + b.Items.Length);
                return new TupleValue([.. a.Items, .. b.Items]);
            case (Text, _):
                throw TemplateError.Type($"can only concatenate str (not \"{Values.TypeName(right)}\") to str");
            case (ListValue, _):
                throw TemplateError.Type($"can only concatenate list (not \"{Values.TypeName(right)}\") to list");
            case (TupleValue, _):
                throw TemplateError.Type($"can only concatenate tuple (not \"{Values.TypeName(right)}\") to tuple");
            default:
                throw Unsupported("+", left, right);
        }
    }

    private static object Multiply(Run run, object? left, object? right)
    {
        if (left is not (Text or ListValue or TupleValue))
            (left, right) = (right, left);
        if (left is not (Text or ListValue or TupleValue))
            throw Unsupported("*", right, left);
        if (!Values.TryInteger(right, out BigInteger times))
            throw TemplateError.Type($"can't multiply sequence by non-int of type '{Values.TypeName(right)}'");
        int count = (int)BigInteger.Clamp(times, 0, int.MaxValue);
        switch (left)
        {
            case Text text:
                // Counted before anything is taken.
                run.ChargeChars(text.Value.Length * (long)count);
                TextBuilder builder = new(run);
                for (int i = 0; i < count && text.Value.Length > 0; i++)
                    builder.Append(text);
                return builder.ToText(text.IsMarkup);
            case ListValue list:
                return new ListValue(Repeat(run, list.Items, count));
            default:
                return new TupleValue([.. Repeat(run, ((TupleValue)left).Items, count)]);
        }
    }

    private static List<object?> Repeat(Run run, IReadOnlyList<object?> items, int count)
    {
        run.ChargeItems(items.Count * (long)count);
        List<object?> repeated = new(items.Count * count);
        for (int i = 0; i < count && items.Count > 0; i++)
            repeated.AddRange(items);
        return repeated;
    }

    private static TemplateError Zero(string message) => TemplateError.Value(message);

    private static TemplateError Unsupported(string op, object? left, object? right) => TemplateError.Type(
        $"unsupported operand type(s) for {(op == "**" ? "** or pow()" : op)}: '{Values.TypeName(left)}' and '{Values.TypeName(right)}'");
}
