using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

internal sealed class Call : Expression
{
    private readonly Expression _function;
    private readonly ArgumentList _arguments;

    public Call(Expression function, ArgumentList arguments)
    {
        _function = function;
        _arguments = arguments;
        Height = Math.Max(Above(function), arguments.Height + 1);
    }

    public override object? Evaluate(Run run) => Evaluate(run, null);

    /// <summary>Calls it with one more argument, the body of a call block.</summary>
    public object? Evaluate(Run run, Macro? caller)
    {
        run.Step();
        object? function = _function.Evaluate(run);
        Arguments arguments = _arguments.Evaluate(run, caller);
        return Operators.Call(run, function, arguments);
    }
}

/// <summary>The arguments of a call as they are written.</summary>
internal sealed class ArgumentList(
    Expression[] positional, KeyValuePair<string, Expression>[] named, Expression? extra, Expression? extraNamed)
{
    public static readonly ArgumentList None = new([], [], null, null);

    public int Height
    {
        get
        {
            int height = Math.Max(extra?.Height ?? 0, extraNamed?.Height ?? 0);
            foreach (Expression argument in positional)
                height = Math.Max(height, argument.Height);
            foreach (KeyValuePair<string, Expression> argument in named)
                height = Math.Max(height, argument.Value.Height);
            return height;
        }
    }

    public Arguments Evaluate(Run run, Macro? caller = null)
    {
        if (positional.Length == 0 && named.Length == 0 && extra is null && extraNamed is null && caller is null)
            return Arguments.None;
        List<object?> values = new(positional.Length);
        foreach (Expression argument in positional)
            values.Add(argument.Evaluate(run));
        List<KeyValuePair<string, object?>> names = new(named.Length);
        foreach (KeyValuePair<string, Expression> argument in named)
            names.Add(new(argument.Key, argument.Value.Evaluate(run)));
        if (caller is not null)
            names.Add(new("caller", caller));
        if (extra is not null)
            values.AddRange(Values.ToList(run, extra.Evaluate(run)));
        if (extraNamed is not null)
        {
            if (extraNamed.Evaluate(run) is not DictValue more)
                throw TemplateError.Type("argument after ** must be a mapping");
            run.ChargeItems(more.Count);
            for (int i = 0; i < more.Count; i++)
            {
                string key = more.At(i).Key is Text text ? text.Value : throw TemplateError.Type("keywords must be strings");
                if (names.Exists(pair => pair.Key == key))
                    throw TemplateError.Type($"got multiple values for keyword argument {Repr.Quoted(key)}");
                names.Add(new(key, more.At(i).Value));
            }
        }
        return new Arguments([.. values], names.Count > 0 ? names : null);
    }
}

/// <summary>`value|name(arguments)`.</summary>
internal sealed class FilterExpression : Expression
{
    private readonly Expression? _value;
    private readonly string _name;
    private readonly ArgumentList _arguments;
    private readonly Filter? _filter;

    public FilterExpression(Expression? value, string name, ArgumentList arguments)
    {
        _value = value;
        _name = name;
        _arguments = arguments;
        _filter = Filters.Find(name);
        Height = Math.Max(Above(value), arguments.Height + 1);
    }

    public override object? Evaluate(Run run) => Apply(run, _value!.Evaluate(run));

    /// <summary>Filters a value that is not in the expression, as blocks have it.</summary>
    public object? ApplyInnermost(Run run, object? value) =>
        Apply(run, _value is FilterExpression inner ? inner.ApplyInnermost(run, value) : value);

    private object? Apply(Run run, object? value)
    {
        run.Step();
        Arguments arguments = _arguments.Evaluate(run);
        return _filter is not null ? _filter(run, value, arguments) : throw Filters.Missing(_name);
    }
}

/// <summary>`value is name(arguments)`.</summary>
internal sealed class TestExpression : Expression
{
    private readonly Expression _value;
    private readonly string _name;
    private readonly ArgumentList _arguments;
    private readonly Test? _test;

    public TestExpression(Expression value, string name, ArgumentList arguments)
    {
        _value = value;
        _name = name;
        _arguments = arguments;
        _test = Tests.Find(name);
        Height = Math.Max(Above(value), arguments.Height + 1);
    }

    public override object? Evaluate(Run run)
    {
        run.Step();
        object? value = _value.Evaluate(run);
        Arguments arguments = _arguments.Evaluate(run);
        return Values.Box((_test ?? throw Tests.Missing(_name))(run, value, arguments));
    }
}
