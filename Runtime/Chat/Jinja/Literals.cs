using System;

namespace Llamalith.Chat.Jinja;

internal sealed class Constant(object? value) : Expression
{
    public object? Value => value;

    public override object? Evaluate(Run run) => value;
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
