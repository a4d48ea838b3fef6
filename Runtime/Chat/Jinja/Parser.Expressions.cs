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
            throw TemplateError.Syntax(FormattableString.Invariant($"an expression of more than {MostLevels} levels"), _current.Line);
        return expression;
    }

    private Expression ParseConditional()
    {
        int unknownBefore = _unknown.Count;
        Expression expression = ParseOr();
        while (_current.IsName("if"))
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
        if (!_current.IsName("or"))
            return first;
        List<Expression> operands = [first];
        while (SkipName("or"))
            operands.Add(ParseAnd());
        return Checked(new Logical([.. operands], isOr: true));
    }

    private Expression ParseAnd()
    {
        Expression first = ParseNot();
        if (!_current.IsName("and"))
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
            string? op = _current.Kind is "==" or "!=" or "<" or "<=" or ">" or ">=" ? _current.Kind : _current.IsName("in") ? "in" : null;
            if (op is null && _current.IsName("not") && Ahead().IsName("in"))
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
        if (_current.Kind != "~")
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
        while (_current.Kind == a || _current.Kind == b || _current.Kind == c || _current.Kind == d)
        {
            operators.Add(Take().Kind);
            (operands ??= [first]).Add(parse());
        }
        return operands is null ? first : Checked(new Arithmetic([.. operands], [.. operators]));
    }

    private Expression ParseUnary(bool withFilter = true)
    {
        Expression expression;
        if (_current.Kind is "-" or "+")
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

    private Expression ParsePrimary()
    {
        Token token = _current;
        switch (token.Kind)
        {
            case "name":
                Take();
                return token.Text switch
                {
                    "true" or "True" => new Constant(Values.True),
                    "false" or "False" => new Constant(Values.False),
                    "none" or "None" => new Constant(null),
                    _ => VariableOf(token.Text),
                };
            case "string":
                Take();
                string text = token.Text;
                List<string>? more = null;
                while (_current.Kind == "string")
                    (more ??= [text]).Add(Take().Text);
                return new Constant(new Text(more is null ? text : string.Concat(more)));
            case "integer" or "float":
                Take();
                return new Constant(token.Value);
            case "(":
                Take();
                Down();
                Expression inner = ParseTuple(parenthesised: true);
                Up();
                Expect(")");
                return inner;
            case "[":
                return ParseList();
            case "{":
                return ParseDict();
            default:
                throw TemplateError.Syntax($"unexpected {Repr.Quoted(token.Description)}", token.Line);
        }
    }

    private Expression ParseTuple(bool withConditional = true, string? end = null, bool parenthesised = false)
    {
        List<Expression> items = [];
        bool isTuple = false;
        while (true)
        {
            if (items.Count > 0)
                Expect(",");
            if (_current.Kind is "variable_end" or "block_end" or ")" || (end is not null && _current.IsName(end)))
                break;
            items.Add(ParseExpression(withConditional));
            if (_current.Kind != ",")
                break;
            isTuple = true;
        }
        if (!isTuple && items.Count > 0)
            return items[0];
        if (!isTuple && !parenthesised)
            throw TemplateError.Syntax($"Expected an expression, got {Repr.Quoted(_current.Description)}", _current.Line);
        return Checked(new SequenceLiteral([.. items], isTuple: true));
    }

    private SequenceLiteral ParseList()
    {
        Expect("[");
        List<Expression> items = [];
        while (_current.Kind != "]")
        {
            if (items.Count > 0)
                Expect(",");
            if (_current.Kind == "]")
                break;
            items.Add(ParseExpression());
        }
        Expect("]");
        return Checked(new SequenceLiteral([.. items], isTuple: false));
    }

    private DictLiteral ParseDict()
    {
        Expect("{");
        List<Expression> keys = [], values = [];
        while (_current.Kind != "}")
        {
            if (keys.Count > 0)
                Expect(",");
            if (_current.Kind == "}")
                break;
            keys.Add(ParseExpression());
            Expect(":");
            values.Add(ParseExpression());
        }
        Expect("}");
        return Checked(new DictLiteral([.. keys], [.. values]));
    }

    private Expression ParsePostfix(Expression expression)
    {
        while (true)
        {
            switch (_current.Kind)
            {
                case "." or "[":
                    expression = Checked(ParseSubscript(expression));
                    break;
                case "(":
                    expression = Checked(new Call(expression, ParseArguments()));
                    break;
                default:
                    return expression;
            }
        }
    }

    private Expression ParseFilterOrTest(Expression expression)
    {
        while (true)
        {
            if (_current.Kind == "|")
                expression = ParseFilters(expression)!;
            else if (_current.IsName("is"))
                expression = Checked(ParseTest(expression));
            else if (_current.Kind == "(")
                expression = Checked(new Call(expression, ParseArguments()));
            else
                return expression;
        }
    }

    private Expression ParseSubscript(Expression owner)
    {
        if (Take().Kind == ".")
        {
            Token name = Take();
            return name.Kind switch
            {
                "name" => new GetAttribute(owner, name.Text),
                "integer" => new GetItem(owner, new Constant(name.Value)),
                _ => throw TemplateError.Syntax("expected name or number", name.Line),
            };
        }
        List<Expression> keys = [];
        while (_current.Kind != "]")
        {
            if (keys.Count > 0)
                Expect(",");
            keys.Add(ParseKey());
        }
        Expect("]");
        return new GetItem(owner, keys.Count == 1 ? keys[0] : new SequenceLiteral([.. keys], isTuple: true));
    }

    private Expression ParseKey()
    {
        Expression? start = null, stop = null, step = null;
        if (_current.Kind != ":")
        {
            start = ParseExpression();
            if (_current.Kind != ":")
                return start;
        }
        Take();
        if (_current.Kind is not (":" or "]" or ","))
            stop = ParseExpression();
        if (SkipIf(":") && _current.Kind is not ("]" or ","))
            step = ParseExpression();
        return new SliceExpression(start, stop, step);
    }

    private ArgumentList ParseArguments()
    {
        int line = Expect("(").Line;
        List<Expression> positional = [];
        List<KeyValuePair<string, Expression>> named = [];
        Expression? extra = null, extraNamed = null;
        bool first = true;
        while (_current.Kind != ")")
        {
            if (!first)
            {
                Expect(",");
                if (_current.Kind == ")")
                    break;
            }
            first = false;
            if (_current.Kind == "*")
            {
                Require(extra is null && extraNamed is null);
                Take();
                extra = ParseExpression();
            }
            else if (_current.Kind == "**")
            {
                Require(extraNamed is null);
                Take();
                extraNamed = ParseExpression();
            }
            else if (_current.Kind == "name" && Ahead().Kind == "=")
            {
                Require(extraNamed is null);
                string name = Take().Text;
                Take();
                named.Add(new(name, ParseExpression()));
            }
            else
            {
                Require(extra is null && extraNamed is null && named.Count == 0);
                positional.Add(ParseExpression());
            }
        }
        Expect(")");
        return new ArgumentList([.. positional], [.. named], extra, extraNamed);

        void Require(bool holds)
        {
            if (!holds)
                throw TemplateError.Syntax("invalid syntax for function call expression", line);
        }
    }

    private Expression? ParseFilters(Expression? expression, bool startsInline = false)
    {
        while (_current.Kind == "|" || startsInline)
        {
            if (!startsInline)
                Take();
            startsInline = false;
            int line = _current.Line;
            string name = ParseDottedName();
            ArgumentList arguments = _current.Kind == "(" ? ParseArguments() : ArgumentList.None;
            if (Filters.Find(name) is null)
                _unknown.Add(new Unknown($"No filter named {Repr.Quoted(name)}.", line, _isSoft));
            expression = Checked(new FilterExpression(expression, name, arguments));
        }
        return expression;
    }

    private Expression ParseTest(Expression value)
    {
        int line = Take().Line;
        bool negated = SkipName("not");
        string name = ParseDottedName();
        ArgumentList arguments = ArgumentList.None;
        if (_current.Kind == "(")
        {
            arguments = ParseArguments();
        }
        else if (_current.Kind is "name" or "string" or "integer" or "float" or "[" or "{"
            && !(_current.IsName("else") || _current.IsName("or") || _current.IsName("and")))
        {
            if (_current.IsName("is"))
                throw TemplateError.Syntax("You cannot chain multiple tests with is", _current.Line);
            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null);
        }
        if (Tests.Find(name) is null)
            _unknown.Add(new Unknown($"No test named {Repr.Quoted(name)}.", line, _isSoft));
        Expression test = Checked(new TestExpression(value, name, arguments));
        return negated ? new Not(test) : test;
    }

    private string ParseDottedName()
    {
        string name = Expect("name").Text;
        while (SkipIf("."))
            name += "." + Expect("name").Text;
        return name;
    }
}
