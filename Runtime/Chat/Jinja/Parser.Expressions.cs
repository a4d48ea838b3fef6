using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <content>Expressions, by Jinja's ranks of operators.</content>
internal sealed partial class Parser
{
    private Expression ParseExpression(bool withConditional = true)
    {
        Down();
        Expression expression = withConditional ? ParseConditional() : ParseOr();
        Up();
        return expression;
    }

    private T Checked<T>(T expression)
        where T : Expression
    {
        if (expression.Height > MostLevels)
            throw TemplateError.Syntax(FormattableString.Invariant($"an expression of more than {MostLevels} levels"), Current.Line);
        return expression;
    }

    private Expression ParseConditional()
    {
        int unknownBefore = _unknown.Count;
        Expression expression = ParseOr();
        while (Current.IsName("if"))
        {
            int line = Take().Line;
            Expression condition = ParseOr();
            Expression? otherwise = SkipName("else") ? ParseExpression() : null;
            expression = Checked(new Conditional(condition, expression, otherwise, line));
            foreach (Unknown unknown in _unknown[unknownBefore..])
                unknown.IsSoft = true;
        }
        return expression;
    }

    private Expression ParseOr()
    {
        Expression first = ParseAnd();
        if (!Current.IsName("or"))
            return first;
        List<Expression> operands = [first];
        while (SkipName("or"))
            operands.Add(ParseAnd());
        return Checked(new Logical([.. operands], isOr: true));
    }

    private Expression ParseAnd()
    {
        Expression first = ParseNot();
        if (!Current.IsName("and"))
            return first;
        List<Expression> operands = [first];
        while (SkipName("and"))
            operands.Add(ParseNot());
        return Checked(new Logical([.. operands], isOr: false));
    }

    private Expression ParseNot()
    {
        if (!SkipName("not"))
            return ParseComparison();
        Down();
        Expression operand = ParseNot();
        Up();
        return Checked(new Not(operand));
    }

    private Expression ParseComparison()
    {
        Expression first = ParseSum();
        List<Expression>? operands = null;
        List<string> operators = [];
        while (true)
        {
            string? op = Current.Kind is "==" or "!=" or "<" or "<=" or ">" or ">=" ? Current.Kind : Current.IsName("in") ? "in" : null;
            if (op is null && Current.IsName("not") && Ahead().IsName("in"))
            {
                Take();
                op = "not in";
            }
            if (op is null)
                return operands is null ? first : Checked(new Comparison([.. operands], [.. operators]));
            Take();
            (operands ??= [first]).Add(ParseSum());
            operators.Add(op);
        }
    }

    private Expression ParseSum() => ParseLeft(ParseConcatenation, "+", "-", "+", "-");

    private Expression ParseConcatenation()
    {
        Expression first = ParseProduct();
        if (Current.Kind != "~")
            return first;
        List<Expression> operands = [first];
        while (SkipIf("~"))
            operands.Add(ParseProduct());
        return Checked(new Concatenation([.. operands]));
    }

    private Expression ParseProduct() => ParseLeft(ParsePower, "*", "/", "//", "%");

    private Expression ParsePower() => ParseLeft(() => ParseUnary(), "**", "**", "**", "**");

    private Expression ParseLeft(Func<Expression> parse, string a, string b, string c, string d)
    {
        Expression first = parse();
        List<Expression>? operands = null;
        List<string> operators = [];
        while (Current.Kind == a || Current.Kind == b || Current.Kind == c || Current.Kind == d)
        {
            operators.Add(Take().Kind);
            (operands ??= [first]).Add(parse());
        }
        return operands is null ? first : Checked(new Arithmetic([.. operands], [.. operators]));
    }

    private Expression ParseUnary(bool withFilter = true)
    {
        Expression expression;
        if (Current.Kind is "-" or "+")
        {
            char sign = Take().Kind[0];
            Down();
            expression = Checked(new Unary(ParseUnary(withFilter: false), sign));
            Up();
        }
        else
        {
            expression = ParsePrimary();
        }
        expression = ParsePostfix(expression);
        return withFilter ? ParseFilterOrTest(expression) : expression;
    }
}
