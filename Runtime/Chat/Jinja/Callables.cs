using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>The arguments of a call.</summary>
internal sealed class Arguments(object?[] positional, List<KeyValuePair<string, object?>>? named = null)
{
    /// <summary>An argument that was not given.</summary>
    public static readonly object Missing = new();

    public static readonly Arguments None = new([]);

    public object?[] Positional { get; } = positional;

    public List<KeyValuePair<string, object?>>? Named { get; } = named;

    public int Count => Positional.Length + (Named?.Count ?? 0);

    /// <summary>Puts the arguments into the places of a function's parameters; those left out are <see cref="Missing"/>.</summary>
    public object?[] Bind(string function, int required, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Length > parameters.Length)
            throw TemplateError.Type($"{function}() takes at most {parameters.Length} argument(s) ({Positional.Length} given)");
        object?[] bound = new object?[parameters.Length];
        bound.AsSpan().Fill(Missing);
        Positional.CopyTo(bound, 0);
        foreach (KeyValuePair<string, object?> pair in Named ?? [])
        {
            int at = parameters.IndexOf(pair.Key);
            if (at < 0)
                throw TemplateError.Type($"{function}() got an unexpected keyword argument {Repr.Quoted(pair.Key)}");
            if (bound[at] != Missing)
                throw TemplateError.Type($"{function}() got multiple values for argument {Repr.Quoted(pair.Key)}");
            bound[at] = pair.Value;
        }
        for (int i = 0; i < required; i++)
        {
            if (bound[i] == Missing)
                throw TemplateError.Type($"{function}() missing 1 required positional argument: {Repr.Quoted(parameters[i])}");
        }
        return bound;
    }
}

/// <summary>What can be called.</summary>
internal abstract class Callable
{
    public abstract object? Call(Run run, Arguments arguments);
}

/// <summary>A function of the environment, or a method of a value.</summary>
internal sealed class Function(string name, Func<Run, Arguments, object?> call, object? self = null) : Callable
{
    public string Name { get; } = name;

    /// <summary>The value whose method it is.</summary>
    public object? Self { get; } = self;

    public override object? Call(Run run, Arguments arguments) => call(run, arguments);
}

/// <summary>A macro, with the scope that it was written in.</summary>
internal sealed class Macro(MacroNode node, Scope scope) : Callable
{
    public MacroNode Node => node;

    public override object? Call(Run run, Arguments arguments)
    {
        Scope inner = new(scope);
        Bind(run, inner, arguments);
        return node.Body.Capture(run, inner);
    }

    private void Bind(Run run, Scope inner, Arguments arguments)
    {
        List<KeyValuePair<string, object?>> named = arguments.Named is null ? [] : [.. arguments.Named];
        object?[] values = new object?[node.Parameters.Length];
        int given = Math.Min(arguments.Positional.Length, values.Length);
        Array.Copy(arguments.Positional, values, given);
        bool foundCaller = given == values.Length && node.HasCallerParameter;
        for (int i = given; i < values.Length; i++)
        {
            values[i] = Take(named, node.Parameters[i].Name, out bool found);
            if (!found)
                values[i] = Scope.Unset;
            foundCaller |= node.Parameters[i].Name == "caller";
        }
        if (node.UsesCaller && !foundCaller)
        {
            inner.Set(node.CallerId,
                Take(named, "caller", out bool found) is { } caller && found ? caller : UndefinedValue.Because("No caller defined"));
        }

        if (node.UsesKeywords)
        {
            DictValue keywords = new();
            foreach (KeyValuePair<string, object?> pair in named)
                keywords.Set(new Text(pair.Key), pair.Value);
            inner.Set(node.KeywordsId, keywords);
        }
        else if (named.Count > 0)
        {
            if (named.Exists(static pair => pair.Key == "caller"))
            {
                throw TemplateError.Type(
                    $"macro {Repr.Quoted(node.Name)} was invoked with two values for the special caller argument. This is most likely a "
                        + "bug.");
            }

            throw TemplateError.Type($"macro {Repr.Quoted(node.Name)} takes no keyword argument {Repr.Quoted(named[0].Key)}");
        }
        if (node.UsesExtras)
            inner.Set(node.ExtrasId, new TupleValue(arguments.Positional[given..]));
        else if (arguments.Positional.Length > values.Length)
            throw TemplateError.Type($"macro {Repr.Quoted(node.Name)} takes not more than {values.Length} argument(s)");

        // A default may name the parameters before it.
        Scope outer = run.Scope;
        run.Scope = inner;
        for (int i = 0; i < values.Length; i++)
        {
            (string name, int id, Expression? usual) = node.Parameters[i];
            if (values[i] == Scope.Unset)
                values[i] = usual is null ? UndefinedValue.Because($"parameter {Repr.Quoted(name)} was not provided") : usual.Evaluate(run);
            inner.Set(id, values[i]);
        }
        run.Scope = outer;
    }

    private static object? Take(List<KeyValuePair<string, object?>> named, string name, out bool found)
    {
        int at = named.FindIndex(pair => pair.Key == name);
        found = at >= 0;
        if (!found)
            return null;
        object? value = named[at].Value;
        named.RemoveAt(at);
        return value;
    }
}
