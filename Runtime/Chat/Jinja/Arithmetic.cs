namespace Llamalith.Chat.Jinja;

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
