using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <content>Macros, their parameters, and which of a macro's own names its body uses.</content>
internal sealed partial class Parser
{
    private readonly List<MacroNames> _macros = [];

    private MacroNode ParseMacro()
    {
        Take();
        string name = Expect("name").Text;
        int id = IdOf(name);
        return ParseCallableBody(name, id, ParseSignature(), "endmacro");
    }

    private MacroNode ParseCallableBody(string name, int id, (string, int, Expression?)[] parameters, string end)
    {
        MacroNames names = new(IdOf("caller"), IdOf("kwargs"), IdOf("varargs"));
        _macros.Add(names);
        int loops = _loops;
        _loops = 0;
        Body body = ParseHardBlock(end);
        _loops = loops;
        _macros.RemoveAt(_macros.Count - 1);
        foreach ((string parameter, _, _) in parameters)
        {
            names.UsesCaller &= parameter != "caller";
            names.UsesKeywords &= parameter != "kwargs";
            names.UsesExtras &= parameter != "varargs";
        }
        return new MacroNode(name, id, parameters, body, names);
    }

    private (string, int, Expression?)[] ParseSignature()
    {
        List<(string, int, Expression?)> parameters = [];
        bool hasDefaults = false;
        Expect("(");
        while (Current.Kind != ")")
        {
            if (parameters.Count > 0)
                Expect(",");
            string name = Expect("name").Text;
            Expression? usual = null;
            if (SkipIf("="))
            {
                usual = ParseExpression();
                hasDefaults = true;
            }
            else if (hasDefaults)
            {
                throw TemplateError.Syntax("non-default argument follows default argument", Current.Line);
            }
            parameters.Add((name, IdOf(name), usual));
        }
        Expect(")");
        return [.. parameters];
    }

    private CallBlock ParseCallBlock()
    {
        int line = Take().Line;
        (string, int, Expression?)[] parameters = Current.Kind == "(" ? ParseSignature() : [];
        if (ParseExpression() is not Call call)
            throw TemplateError.Syntax("expected call", line);
        return new CallBlock(call, ParseCallableBody("caller", IdOf("caller"), parameters, "endcall"), line);
    }

    private Variable VariableOf(string name)
    {
        if (name is "caller" or "kwargs" or "varargs")
        {
            foreach (MacroNames macro in _macros)
            {
                macro.UsesCaller |= name == "caller";
                macro.UsesKeywords |= name == "kwargs";
                macro.UsesExtras |= name == "varargs";
            }
        }
        return new Variable(name, IdOf(name));
    }
}
