using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <content>What follows a value: members, keys, slices, calls.</content>
internal sealed partial class Parser
{
    private Expression ParsePostfix(Expression expression)
    {
        while (true)
        {
            switch (Current.Kind)
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
        while (Current.Kind != "]")
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
        if (Current.Kind != ":")
        {
            start = ParseExpression();
            if (Current.Kind != ":")
                return start;
        }
        Take();
        if (Current.Kind is not (":" or "]" or ","))
            stop = ParseExpression();
        if (SkipIf(":") && Current.Kind is not ("]" or ","))
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
        while (Current.Kind != ")")
        {
            if (!first)
            {
                Expect(",");
                if (Current.Kind == ")")
                    break;
            }
            first = false;
            if (Current.Kind == "*")
            {
                Require(extra is null && extraNamed is null);
                Take();
                extra = ParseExpression();
            }
            else if (Current.Kind == "**")
            {
                Require(extraNamed is null);
                Take();
                extraNamed = ParseExpression();
            }
            else if (Current.Kind == "name" && Ahead().Kind == "=")
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
}
