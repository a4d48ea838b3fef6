namespace Llamalith.Chat.Jinja;

/// <content>Filters and tests.</content>
internal sealed partial class Parser
{
    private Expression ParseFilterOrTest(Expression expression)
    {
        while (true)
        {
            if (Current.Kind == "|")
                expression = ParseFilters(expression)!;
            else if (Current.IsName("is"))
                expression = Checked(ParseTest(expression));
            else if (Current.Kind == "(")
                expression = Checked(new Call(expression, ParseArguments()));
            else
                return expression;
        }
    }

    private Expression? ParseFilters(Expression? expression, bool startsInline = false)
    {
        while (Current.Kind == "|" || startsInline)
        {
            if (!startsInline)
                Take();
            startsInline = false;
            int line = Current.Line;
            string name = ParseDottedName();
            ArgumentList arguments = Current.Kind == "(" ? ParseArguments() : ArgumentList.None;
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
        if (Current.Kind == "(")
        {
            arguments = ParseArguments();
        }
        else if (Current.Kind is "name" or "string" or "integer" or "float" or "[" or "{"
            && !(Current.IsName("else") || Current.IsName("or") || Current.IsName("and")))
        {
            if (Current.IsName("is"))
                throw TemplateError.Syntax("You cannot chain multiple tests with is", Current.Line);
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
