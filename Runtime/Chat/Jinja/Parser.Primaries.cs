using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <content>Names, literals and what is in brackets.</content>
internal sealed partial class Parser
{
    private Expression ParsePrimary()
    {
        Token token = Current;
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
                while (Current.Kind == "string")
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
            if (Current.Kind is "variable_end" or "block_end" or ")" || (end is not null && Current.IsName(end)))
                break;
            items.Add(ParseExpression(withConditional));
            if (Current.Kind != ",")
                break;
            isTuple = true;
        }
        if (!isTuple && items.Count > 0)
            return items[0];
        if (!isTuple && !parenthesised)
            throw TemplateError.Syntax($"Expected an expression, got {Repr.Quoted(Current.Description)}", Current.Line);
        return Checked(new SequenceLiteral([.. items], isTuple: true));
    }

    private SequenceLiteral ParseList()
    {
        Expect("[");
        List<Expression> items = [];
        while (Current.Kind != "]")
        {
            if (items.Count > 0)
                Expect(",");
            if (Current.Kind == "]")
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
        while (Current.Kind != "}")
        {
            if (keys.Count > 0)
                Expect(",");
            if (Current.Kind == "}")
                break;
            keys.Add(ParseExpression());
            Expect(":");
            values.Add(ParseExpression());
        }
        Expect("}");
        return Checked(new DictLiteral([.. keys], [.. values]));
    }
}
