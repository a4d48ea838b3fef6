using System;
using System.Collections.Generic;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>What follows `is`.</summary>
internal delegate bool Test(Run run, object? value, Arguments arguments);

/// <summary>Jinja's tests by name.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Test> s_tests = new()
    {
        ["defined"] = static (_, value, _) => value is not UndefinedValue,
        ["undefined"] = static (_, value, _) => value is UndefinedValue,
        ["none"] = static (_, value, _) => value is null,
        ["boolean"] = static (_, value, _) => value is bool,
        ["true"] = static (_, value, _) => value is true,
        ["false"] = static (_, value, _) => value is false,
        ["integer"] = static (_, value, _) => value is long or BigInteger,
        ["float"] = static (_, value, _) => value is double,
        ["number"] = static (_, value, _) => value is bool or long or BigInteger or double,
        ["string"] = static (_, value, _) => value is Text,
        ["mapping"] = static (_, value, _) => value is DictValue,
        ["iterable"] = static (_, value, _) => Values.Elements(value) is not null,
        ["sequence"] = static (_, value, _) => value is Text or ListValue or TupleValue or DictValue or RangeValue or UndefinedValue,
        ["callable"] = static (_, value, _) => value is Callable or UndefinedValue,
        ["odd"] = static (_, value, _) => Modulo(value, 2) == 1,
        ["even"] = static (_, value, _) => Modulo(value, 2) == 0,
        ["divisibleby"] = static (_, value, arguments) => Modulo(value, arguments.Bind("divisibleby", 1, "num")[0]) == 0,
        ["lower"] = static (run, value, _) => Casing.Is(Repr.Str(run, value), upper: false),
        ["upper"] = static (run, value, _) => Casing.Is(Repr.Str(run, value), upper: true),
        ["escaped"] = static (_, value, _) => value is Text { IsMarkup: true },
        ["filter"] = static (_, value, _) => value is Text name && Filters.Find(name.Value) is not null,
        ["test"] = static (_, value, _) => value is Text name && Find(name.Value) is not null,
        ["sameas"] = static (_, value, arguments) => IsSame(value, arguments.Bind("sameas", 1, "other")[0]),
        ["in"] = static (run, value, arguments) => Operators.Contains(run, arguments.Bind("in", 1, "seq")[0], value),
    };

    static Tests()
    {
        foreach ((string op, string[] names) in ((string, string[])[])
            [("==", ["==", "eq", "equalto"]), ("!=", ["!=", "ne"]), (">", [">", "gt", "greaterthan"]), (">=", [">=", "ge"]),
                ("<", ["<", "lt", "lessthan"]), ("<=", ["<=", "le"])])
        {
            foreach (string name in names)
                s_tests[name] = (run, value, arguments) => Operators.Compare(run, op, value, arguments.Bind(name, 1, "other")[0]);
        }
    }

    public static Test? Find(string name) => s_tests.GetValueOrDefault(name);

    public static TemplateError Missing(string name) =>
        new(ChatTemplateErrorKind.Other, $"No test named {Repr.Quoted(name)} found.");

    /// <summary>A test that a filter names, of which no compiler could know.</summary>
    public static Test Require(string name) =>
        Find(name) ?? throw new TemplateError(ChatTemplateErrorKind.Other, $"No test named {Repr.Quoted(name)}.");

    private static double Modulo(object? value, object? divisor)
    {
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (Values.TryInteger(value, out BigInteger a) && Values.TryInteger(divisor, out BigInteger b))
            return b.IsZero ? throw TemplateError.Value("integer modulo by zero") : (double)(a - Numbers.FloorDivide(a, b) * b);
        if (Values.TryNumber(value, out double x) && Values.TryNumber(divisor, out double y) && y != 0)
            return x - y * Math.Floor(x / y);
        throw TemplateError.Type($"unsupported operand type(s) for %: '{Values.TypeName(value)}' and '{Values.TypeName(divisor)}'");
    }

    private static double Modulo(object? value, int divisor) =>
        value is Text
            ? throw TemplateError.Type("not all arguments converted during string formatting") : Modulo(value, Values.Box(divisor));

    // Small integers and short strings are one object in Python, too.
    private static bool IsSame(object? a, object? b) => ReferenceEquals(a, b)
        || (a is bool or long or Text && b is bool or long or Text && a.GetType() == b.GetType() && Values.AreEqual(a, b));
}
