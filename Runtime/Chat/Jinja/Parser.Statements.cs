using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <content>Statements, each from its tag on.</content>
internal sealed partial class Parser
{
    private readonly HashSet<string> _blocks = [];
    private int _loops;

    private For ParseFor()
    {
        int line = Take().Line;
        Target target = ParseTarget("in", withAttributes: false);
        ExpectName("in");
        Expression source = ParseTuple(withConditional: false, end: "recursive");
        Expression? filter = SkipName("if") ? ParseExpression() : null;
        bool recursive = SkipName("recursive");
        bool soft = _isSoft;
        _isSoft = false;
        _loops++;
        Body body = ParseBlock("endfor", "else");
        _loops--;
        Body? otherwise = null;
        if (Take().Text == "else")
        {
            otherwise = ParseBlock("endfor");
            Take();
        }
        _isSoft = soft;
        return new For(target, source, filter, recursive, body, otherwise, IdOf("loop"), line);
    }

    private If ParseIf()
    {
        int line = Current.Line;
        bool soft = _isSoft;
        _isSoft = true;
        List<(Expression, Body)> branches = [];
        Body? otherwise = null;
        Take();
        while (true)
        {
            Expression condition = ParseTuple(withConditional: false);
            branches.Add((condition, ParseBlock("elif", "else", "endif")));
            string tag = Take().Text;
            if (tag == "elif")
                continue;
            if (tag == "else")
            {
                otherwise = ParseBlock("endif");
                Take();
            }
            break;
        }
        _isSoft = soft;
        return new If([.. branches], otherwise, line);
    }

    private Statement ParseSet()
    {
        int line = Take().Line;
        Target target = ParseTarget(null, withAttributes: true);
        if (SkipIf("="))
            return new Assign(target, ParseTuple(), line);
        FilterExpression? filter = ParseFilters(null) as FilterExpression;
        return new AssignBlock(target, filter, ParseHardBlock("endset"), line);
    }

    private FilterBlock ParseFilterBlock()
    {
        int line = Take().Line;
        FilterExpression filter = (FilterExpression)ParseFilters(null, startsInline: true)!;
        return new FilterBlock(filter, ParseHardBlock("endfilter"), line);
    }

    private ScopedBody ParseWith()
    {
        int line = Take().Line;
        List<(Target, Expression)> assignments = [];
        while (Current.Kind != "block_end")
        {
            if (assignments.Count > 0)
                Expect(",");
            Target target = ParseTarget(null, withAttributes: false);
            Expect("=");
            assignments.Add((target, ParseExpression()));
        }
        return new ScopedBody([.. assignments], ParseHardBlock("endwith"), line);
    }

    private ScopedBody ParseNamedBlock()
    {
        int line = Take().Line;
        string name = Expect("name").Text;
        SkipName("scoped");
        SkipName("required");
        if (Current.Kind == "-")
        {
            throw TemplateError.Syntax(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.",
                Current.Line);
        }
        if (!_blocks.Add(name))
            throw TemplateError.Syntax($"block {Repr.Quoted(name)} defined twice", line);
        Body body = ParseHardBlock("endblock");
        SkipName(name);
        return new ScopedBody([], body, line);
    }

    private ScopedBody ParseGeneration()
    {
        int line = Take().Line;
        return new ScopedBody([], ParseHardBlock("endgeneration"), line);
    }

    private ScopedBody ParseAutoescape()
    {
        int line = Take().Line;
        ParseExpression();
        return new ScopedBody([], ParseHardBlock("endautoescape"), line);
    }

    private ScopedBody ParsePrint()
    {
        int line = Take().Line;
        List<Statement> parts = [];
        while (Current.Kind != "block_end")
        {
            if (parts.Count > 0)
                Expect(",");
            parts.Add(new Print(ParseExpression(), line));
        }
        return new ScopedBody([], new Body([.. parts]), line);
    }

    private Jump ParseJump()
    {
        Token token = Take();
        if (_loops == 0)
            throw TemplateError.Syntax($"{Repr.Quoted(token.Text)} outside loop", token.Line);
        return new Jump(token.Text == "break" ? Flow.Break : Flow.Continue);
    }

    private Load ParseLoad()
    {
        Token token = Take();
        while (Current.Kind is not ("block_end" or "eof"))
            Take();
        return new Load(token.Line);
    }
}
