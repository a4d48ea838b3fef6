using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>An expression.</summary>
internal abstract class Expression
{
    /// <summary>How many levels of expressions lie in it; the parser refuses too many, so that evaluating needs little stack.</summary>
    public int Height { get; protected init; } = 1;

    public abstract object? Evaluate(Run run);

    protected static int Above(params ReadOnlySpan<Expression?> parts)
    {
        int height = 0;
        foreach (Expression? part in parts)
            height = Math.Max(height, part?.Height ?? 0);
        return height + 1;
    }
}

internal sealed class Constant(object? value) : Expression
{
    public object? Value => value;

    public override object? Evaluate(Run run) => value;
}

internal sealed class Variable(string name, int id) : Expression
{
    public string Name => name;

    public int Id => id;

    public override object? Evaluate(Run run)
    {
        run.Step();
        object? value = run.Scope.Get(id);
        return value == Scope.Unset ? UndefinedValue.Variable(name) : value;
    }
}

internal sealed class SequenceLiteral : Expression
{
    public SequenceLiteral(Expression[] items, bool isTuple)
    {
        Items = items;
        IsTuple = isTuple;
        Height = Above(items);
    }

    public Expression[] Items { get; }

    public bool IsTuple { get; }

    public override object? Evaluate(Run run)
    {
        run.Step();
        run.ChargeItems(Items.Length);
        object?[] values = new object?[Items.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = Items[i].Evaluate(run);
        return IsTuple ? new TupleValue(values) : new ListValue([.. values]);
    }
}

internal sealed class DictLiteral : Expression
{
    private readonly Expression[] _keys;
    private readonly Expression[] _values;

    public DictLiteral(Expression[] keys, Expression[] values)
    {
        _keys = keys;
        _values = values;
        Height = Math.Max(Above(keys), Above(values));
    }

    public override object? Evaluate(Run run)
    {
        run.Step();
        run.ChargeItems(_keys.Length);
        DictValue dict = new(_keys.Length);
        for (int i = 0; i < _keys.Length; i++)
        {
            object? key = _keys[i].Evaluate(run);
            dict.Set(Values.RequireHashable(key), _values[i].Evaluate(run));
        }
        return dict;
    }
}

internal sealed class GetAttribute : Expression
{
    private readonly Expression _owner;
    private readonly string _name;

    public GetAttribute(Expression owner, string name)
    {
        _owner = owner;
        _name = name;
        Height = Above(owner);
    }

    public override object? Evaluate(Run run)
    {
        run.Step();
        return Members.Attribute(run, _owner.Evaluate(run), _name);
    }
}

internal sealed class GetItem : Expression
{
    private readonly Expression _owner;
    private readonly Expression _key;

    public GetItem(Expression owner, Expression key)
    {
        _owner = owner;
        _key = key;
        Height = Above(owner, key);
    }

    public override object? Evaluate(Run run)
    {
        run.Step();
        object? owner = _owner.Evaluate(run);
        return Members.Item(run, owner, _key.Evaluate(run));
    }
}

internal sealed class SliceExpression : Expression
{
    private readonly Expression? _start;
    private readonly Expression? _stop;
    private readonly Expression? _step;

    public SliceExpression(Expression? start, Expression? stop, Expression? step)
    {
        _start = start;
        _stop = stop;
        _step = step;
        Height = Above(start, stop, step);
    }

    public override object? Evaluate(Run run) => new SliceValue(_start?.Evaluate(run), _stop?.Evaluate(run), _step?.Evaluate(run));
}

internal sealed class Conditional : Expression
{
    private readonly Expression _condition;
    private readonly Expression _then;
    private readonly Expression? _else;
    private readonly int _line;

    public Conditional(Expression condition, Expression then, Expression? @else, int line)
    {
        _condition = condition;
        _then = then;
        _else = @else;
        _line = line;
        Height = Above(condition, then, @else);
    }

    public override object? Evaluate(Run run)
    {
        run.Step();
        if (Values.IsTrue(_condition.Evaluate(run)))
            return _then.Evaluate(run);
        return _else is not null
            ? _else.Evaluate(run)
            : UndefinedValue.Because(FormattableString.Invariant($"the inline if-expression on line {_line} evaluated to false and no else section was defined."));
    }
}

/// <summary>`and` and `or`, which give the operand that decides.</summary>
internal sealed class Logical : Expression
{
    private readonly Expression[] _operands;
    private readonly bool _isOr;

    public Logical(Expression[] operands, bool isOr)
    {
        _operands = operands;
        _isOr = isOr;
        Height = Above(operands);
    }

    public override object? Evaluate(Run run)
    {
        object? value = null;
        foreach (Expression operand in _operands)
        {
            run.Step();
            value = operand.Evaluate(run);
            if (Values.IsTrue(value) == _isOr)
                break;
        }
        return value;
    }
}

internal sealed class Not : Expression
{
    private readonly Expression _operand;

    public Not(Expression operand)
    {
        _operand = operand;
        Height = Above(operand);
    }

    public override object? Evaluate(Run run)
    {
        run.Step();
        return Values.Box(!Values.IsTrue(_operand.Evaluate(run)));
    }
}

internal sealed class Unary : Expression
{
    private readonly Expression _operand;
    private readonly char _sign;

    public Unary(Expression operand, char sign)
    {
        _operand = operand;
        _sign = sign;
        Height = Above(operand);
    }

    public override object? Evaluate(Run run)
    {
        run.Step();
        return Operators.Unary(_sign, _operand.Evaluate(run));
    }
}

/// <summary>Arithmetic of one rank, from left to right.</summary>
internal sealed class Arithmetic : Expression
{
    private readonly Expression[] _operands;
    private readonly string[] _operators;

    public Arithmetic(Expression[] operands, string[] operators)
    {
        _operands = operands;
        _operators = operators;
        Height = Above(operands);
    }

    public override object? Evaluate(Run run)
    {
        object? value = _operands[0].Evaluate(run);
        for (int i = 0; i < _operators.Length; i++)
        {
            run.Step();
            value = Operators.Binary(run, _operators[i], value, _operands[i + 1].Evaluate(run));
        }
        return value;
    }
}

/// <summary>`a &lt; b in c`, each pair of neighbours of which must hold.</summary>
internal sealed class Comparison : Expression
{
    private readonly Expression[] _operands;
    private readonly string[] _operators;

    public Comparison(Expression[] operands, string[] operators)
    {
        _operands = operands;
        _operators = operators;
        Height = Above(operands);
    }

    public override object? Evaluate(Run run)
    {
        object? left = _operands[0].Evaluate(run);
        for (int i = 0; i < _operators.Length; i++)
        {
            run.Step();
            object? right = _operands[i + 1].Evaluate(run);
            if (!Operators.Compare(run, _operators[i], left, right))
                return Values.False;
            left = right;
        }
        return Values.True;
    }
}

/// <summary>`a ~ b`: both as text.</summary>
internal sealed class Concatenation : Expression
{
    private readonly Expression[] _operands;

    public Concatenation(Expression[] operands)
    {
        _operands = operands;
        Height = Above(operands);
    }

    public override object? Evaluate(Run run)
    {
        Text[] texts = new Text[_operands.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            run.Step();
            texts[i] = Repr.Str(run, _operands[i].Evaluate(run));
        }
        TextBuilder builder = new(run);
        foreach (Text text in texts)
            builder.Append(text);
        return builder.ToText();
    }
}

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
internal sealed class ArgumentList(Expression[] positional, KeyValuePair<string, Expression>[] named, Expression? extra, Expression? extraNamed)
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
