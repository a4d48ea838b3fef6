using System;

namespace Llamalith.Chat.Jinja;

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
            : UndefinedValue.Because(FormattableString.Invariant(
                $"the inline if-expression on line {_line} evaluated to false and no else section was defined."));
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
