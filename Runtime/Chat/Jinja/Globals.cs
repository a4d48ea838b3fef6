using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>The functions that every template knows.</summary>
internal static class Globals
{
    // The sandbox allows no longer ranges.
    private const int MostInRange = 100_000;

    /// <summary>A function by its name; null where there is none.</summary>
    public static object? Find(string name) => name switch
    {
        "range" => new Function(name, MakeRange),
        "dict" => new Function(name, MakeDict),
        "namespace" => new Function(name, MakeNamespace),
        "cycler" => new Function(name, static (_, arguments) => arguments.Positional.Length > 0
            ? new Cycler(arguments.Positional)
            : throw new TemplateError(ChatTemplateErrorKind.Other, "at least one item has to be provided")),
        "joiner" => new Function(name, MakeJoiner),
        "raise_exception" => new Function(name, static (run, arguments) =>
            throw new TemplateError(ChatTemplateErrorKind.Raised, Repr.Str(run, arguments.Bind("raise_exception", 1, "message")[0]).Value)),
        "strftime_now" => new Function(name, static (run, arguments) =>
            arguments.Bind("strftime_now", 1, "format")[0] is Text format
                ? new Text(Strftime.Format(run.Now, format.Value)) : throw TemplateError.Type("strftime() argument 1 must be str")),
        "lipsum" => new Function(
            name, static (_, _) => throw new TemplateError(ChatTemplateErrorKind.Other, "lipsum is not supported: it is random")),
        "self" => new NamespaceValue(),
        _ => null,
    };

    private static RangeValue MakeRange(Run run, Arguments arguments)
    {
        if (arguments.Named is not null)
            throw TemplateError.Type("range() takes no keyword arguments");
        object?[] given = arguments.Positional;
        if (given.Length is 0 or > 3)
        {
            throw TemplateError.Type(
                $"range expected at {(given.Length == 0 ? "least 1" : "most 3")} argument{(given.Length == 0 ? "" : "s")}, got "
                    + $"{given.Length}");
        }

        BigInteger[] bounds = Array.ConvertAll(given, static value =>
        {
            Values.Index(value);
            Values.TryInteger(value, out BigInteger bound);
            return bound;
        });
        BigInteger start = bounds.Length > 1 ? bounds[0] : 0, stop = bounds.Length > 1 ? bounds[1] : bounds[0],
            step = bounds.Length > 2 ? bounds[2] : 1;
        if (step.IsZero)
            throw TemplateError.Value("range() arg 3 must not be zero");
        BigInteger span = step > 0 ? stop - start : start - stop;
        BigInteger count = span <= 0 ? 0 : (span + BigInteger.Abs(step) - 1) / BigInteger.Abs(step);
        if (count > MostInRange)
            throw TemplateError.Value($"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MostInRange}).");
        if (BigInteger.Abs(start) > long.MaxValue / 4 || BigInteger.Abs(stop) > long.MaxValue / 4
            || BigInteger.Abs(step) > long.MaxValue / 4)
        {
            throw new TemplateError(ChatTemplateErrorKind.Limit, "a range of integers beyond 2^61");
        }

        return new RangeValue((long)start, (long)stop, (long)step, (long)count);
    }

    private static DictValue MakeDict(Run run, Arguments arguments)
    {
        if (arguments.Positional.Length > 1)
            throw TemplateError.Type($"dict expected at most 1 argument, got {arguments.Positional.Length}");
        DictValue dict = arguments.Positional.Length == 0 ? new DictValue() : arguments.Positional[0] is DictValue given
            ? given.Copy(run) : FromPairs(run, arguments.Positional[0]);
        foreach (KeyValuePair<string, object?> pair in arguments.Named ?? [])
        {
            run.ChargeItems(1);
            dict.Set(new Text(pair.Key), pair.Value);
        }
        return dict;
    }

    private static DictValue FromPairs(Run run, object? pairs)
    {
        DictValue dict = new();
        foreach (object? pair in Values.Iterate(pairs))
        {
            run.Step();
            run.ChargeItems(1);
            List<object?> parts = Values.ToList(run, pair);
            if (parts.Count != 2)
            {
                throw TemplateError.Value(string.Create(CultureInfo.InvariantCulture,
                    $"dictionary update sequence element #{dict.Count} has length {parts.Count}; 2 is required"));
            }

            dict.Set(Values.RequireHashable(parts[0]), parts[1]);
        }
        return dict;
    }

    private static NamespaceValue MakeNamespace(Run run, Arguments arguments)
    {
        NamespaceValue space = new();
        DictValue dict = MakeDict(run, arguments);
        for (int i = 0; i < dict.Count; i++)
        {
            space.Set(run, dict.At(i).Key is Text name ? name.Value : throw TemplateError.Type("attribute name must be string"),
                dict.At(i).Value);
        }

        return space;
    }

    private static Function MakeJoiner(Run run, Arguments arguments)
    {
        object? separator = arguments.Bind("joiner", 0, "sep")[0];
        bool used = false;
        return new Function("joiner", (_, _) =>
        {
            object? now = used ? separator == Arguments.Missing ? new Text(", ") : separator : Text.Empty;
            used = true;
            return now;
        });
    }
}

/// <summary>Goes round some values.</summary>
internal sealed class Cycler(object?[] items)
{
    private int _at;

    public bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "current" => items[_at],
            "next" => new Function("next", (_, _) =>
            {
                object? item = items[_at];
                _at = (_at + 1) % items.Length;
                return item;
            }, this),
            "reset" => new Function("reset", (_, _) =>
            {
                _at = 0;
                return null;
            }, this),
            _ => null,
        };
        return name is "current" or "next" or "reset";
    }
}
