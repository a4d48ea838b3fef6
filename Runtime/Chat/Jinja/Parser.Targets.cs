using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <content>What values are given to.</content>
internal sealed partial class Parser
{
    private Target ParseTarget(string? end, bool withAttributes)
    {
        int line = Current.Line;
        List<Target> targets = [];
        bool isTuple = false;
        while (true)
        {
            if (targets.Count > 0)
                Expect(",");
            if (Current.Kind is ")" or "variable_end" or "block_end" || (end is not null && Current.IsName(end))
                || (targets.Count > 0 && Current.Kind == "="))
            {
                break;
            }

            targets.Add(ParseSingleTarget(withAttributes));
            if (Current.Kind != ",")
                break;
            isTuple = true;
        }
        if (targets.Count == 0)
            throw TemplateError.Syntax($"Expected an expression, got {Repr.Quoted(Current.Description)}", line);
        return isTuple ? new TupleTarget([.. targets]) : targets[0];
    }

    private Target ParseSingleTarget(bool withAttributes)
    {
        Token token = Current;
        if (SkipIf("("))
        {
            Down();
            Target inner = ParseTarget(null, withAttributes);
            Expect(")");
            Up();
            return inner;
        }
        if (token.Kind != "name")
        {
            throw TemplateError.Syntax(token.Kind is "string" or "integer" or "float"
                ? "can't assign to 'const'" : $"unexpected {Repr.Quoted(token.Description)}", token.Line);
        }

        Take();
        if (token.Text is "true" or "false" or "none" or "True" or "False" or "None")
            throw TemplateError.Syntax("can't assign to 'const'", token.Line);
        if (withAttributes && SkipIf("."))
            return new AttributeTarget(VariableOf(token.Text), Expect("name").Text);
        return new NameTarget(IdOf(token.Text));
    }
}
