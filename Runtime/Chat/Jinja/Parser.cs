using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Llamalith.Chat.Jinja;

/// <summary>Reads a template's statements; its expressions are in the other part.</summary>
internal sealed partial class Parser
{
    /// <summary>Blocks and brackets within each other, and expressions over each other.</summary>
    private const int MostLevels = 200;

    private readonly Lexer _lexer;
    private readonly Dictionary<string, int> _ids = [];
    private readonly Stack<string[]> _ends = new();
    private readonly Stack<string> _tags = new();
    private readonly List<Unknown> _unknown = [];
    private readonly List<MacroNames> _macros = [];
    private readonly HashSet<string> _blocks = [];
    private Token _current;
    private Token? _ahead;
    private int _levels;
    private int _loops;
    private bool _isSoft;

    private Parser(string source)
    {
        _lexer = new Lexer(source);
        _current = _lexer.Next();
    }

    /// <summary>Reads a whole template.</summary>
    /// <param name="source">Its text.</param>
    /// <param name="names">Gets the names of all variables, by their number.</param>
    public static Body Parse(string source, out string[] names)
    {
        Parser parser = new(source);
        Body body = parser.ParseBody(null);

        // What is wrong but not with the grammar is told afterwards, unless it lies where it may never be reached.
        if (parser._unknown.Find(static unknown => !unknown.IsSoft) is { } first)
            throw TemplateError.Syntax(first.Message, first.Line);
        names = [.. parser._ids.OrderBy(static pair => pair.Value).Select(static pair => pair.Key)];
        return body;
    }

    private int IdOf(string name)
    {
        if (!_ids.TryGetValue(name, out int id))
            _ids.Add(name, id = _ids.Count);
        return id;
    }

    private Token Take()
    {
        Token token = _current;
        _current = _ahead ?? _lexer.Next();
        _ahead = null;
        return token;
    }

    private Token Ahead() => _ahead ??= _lexer.Next();

    private bool SkipIf(string kind)
    {
        if (_current.Kind != kind)
            return false;
        Take();
        return true;
    }

    private bool SkipName(string name)
    {
        if (!_current.IsName(name))
            return false;
        Take();
        return true;
    }

    private Token Expect(string kind)
    {
        if (_current.Kind == kind)
            return Take();
        throw Unexpected(Lexer.Describe(kind));
    }

    private void ExpectName(string name)
    {
        if (!SkipName(name))
            throw Unexpected(name);
    }

    private TemplateError Unexpected(string expected) => TemplateError.Syntax(
        _current.Kind == "eof"
            ? $"unexpected end of template, expected {Repr.Quoted(expected)}."
            : $"expected token {Repr.Quoted(expected)}, got {Repr.Quoted(_current.Description)}",
        _current.Line);

    private void Down()
    {
        if (++_levels > MostLevels)
            throw TemplateError.Syntax(string.Create(CultureInfo.InvariantCulture, $"the template nests more than {MostLevels} levels"), _current.Line);
        Run.CheckStack();
    }

    private void Up() => _levels--;

    /// <summary>Statements up to one of these tags, which is not taken; null for the end of the template.</summary>
    private Body ParseBody(string[]? ends)
    {
        Down();
        List<Statement> statements = [];
        if (ends is not null)
            _ends.Push(ends);
        while (_current.Kind != "eof")
        {
            Token token = Take();
            if (token.Kind == "data")
            {
                statements.Add(new PrintText(token.Text));
            }
            else if (token.Kind == "variable_begin")
            {
                statements.Add(new Print(ParseTuple(), token.Line));
                Expect("variable_end");
            }
            else
            {
                if (ends is not null && _current.Kind == "name" && ends.Contains(_current.Text))
                {
                    _ends.Pop();
                    Up();
                    return new Body([.. statements]);
                }
                statements.Add(ParseStatement());
                Expect("block_end");
            }
        }
        if (ends is not null)
            throw Lost(null);
        Up();
        return new Body([.. statements]);
    }

    private Body ParseBlock(params string[] ends)
    {
        SkipIf(":");
        Expect("block_end");
        return ParseBody(ends);
    }

    /// <summary>A body up to a tag that is taken; what is in it is not soft.</summary>
    private Body ParseHardBlock(string end)
    {
        bool soft = _isSoft;
        _isSoft = false;
        Body body = ParseBlock(end);
        Take();
        _isSoft = soft;
        return body;
    }

    private Statement ParseStatement()
    {
        Token token = _current;
        if (token.Kind != "name")
            throw TemplateError.Syntax("tag name expected", token.Line);
        _tags.Push(token.Text);
        Statement statement = token.Text switch
        {
            "for" => ParseFor(),
            "if" => ParseIf(),
            "set" => ParseSet(),
            "macro" => ParseMacro(),
            "call" => ParseCallBlock(),
            "filter" => ParseFilterBlock(),
            "with" => ParseWith(),
            "block" => ParseNamedBlock(),
            "print" => ParsePrint(),
            "generation" => ParseGeneration(),
            "autoescape" => ParseAutoescape(),
            "break" or "continue" => ParseJump(),
            "extends" or "include" or "import" or "from" => ParseLoad(),
            _ => throw UnknownTag(token),
        };
        _tags.Pop();
        return statement;
    }

    private TemplateError UnknownTag(Token token)
    {
        _tags.Pop();
        return Lost(token);
    }

    private TemplateError Lost(Token? tag)
    {
        HashSet<string> expected = [];
        foreach (string[] ends in _ends)
            expected.UnionWith(ends);
        string looking = _ends.TryPeek(out string[]? now) ? string.Join(" or ", now.Select(Repr.Quoted)) : "";
        List<string> parts = [tag is null ? "Unexpected end of template." : $"Encountered unknown tag {Repr.Quoted(tag.Value.Text)}."];
        if (looking.Length > 0)
        {
            parts.Add(tag is not null && expected.Contains(tag.Value.Text)
                ? $"You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for {looking}."
                : $"Jinja was looking for the following tags: {looking}.");
        }
        if (_tags.TryPeek(out string? innermost))
            parts.Add($"The innermost block that needs to be closed is {Repr.Quoted(innermost)}.");
        return TemplateError.Syntax(string.Join(' ', parts), tag?.Line ?? _current.Line);
    }

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
        int line = _current.Line;
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
        while (_current.Kind != ")")
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
                throw TemplateError.Syntax("non-default argument follows default argument", _current.Line);
            }
            parameters.Add((name, IdOf(name), usual));
        }
        Expect(")");
        return [.. parameters];
    }

    private CallBlock ParseCallBlock()
    {
        int line = Take().Line;
        (string, int, Expression?)[] parameters = _current.Kind == "(" ? ParseSignature() : [];
        if (ParseExpression() is not Call call)
            throw TemplateError.Syntax("expected call", line);
        return new CallBlock(call, ParseCallableBody("caller", IdOf("caller"), parameters, "endcall"), line);
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
        while (_current.Kind != "block_end")
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
        if (_current.Kind == "-")
        {
            throw TemplateError.Syntax(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.", _current.Line);
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
        while (_current.Kind != "block_end")
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
        while (_current.Kind is not ("block_end" or "eof"))
            Take();
        return new Load(token.Line);
    }

    private Target ParseTarget(string? end, bool withAttributes)
    {
        int line = _current.Line;
        List<Target> targets = [];
        bool isTuple = false;
        while (true)
        {
            if (targets.Count > 0)
                Expect(",");
            if (_current.Kind is ")" or "variable_end" or "block_end" || (end is not null && _current.IsName(end)) || (targets.Count > 0 && _current.Kind == "="))
                break;
            targets.Add(ParseSingleTarget(withAttributes));
            if (_current.Kind != ",")
                break;
            isTuple = true;
        }
        if (targets.Count == 0)
            throw TemplateError.Syntax($"Expected an expression, got {Repr.Quoted(_current.Description)}", line);
        return isTuple ? new TupleTarget([.. targets]) : targets[0];
    }

    private Target ParseSingleTarget(bool withAttributes)
    {
        Token token = _current;
        if (SkipIf("("))
        {
            Down();
            Target inner = ParseTarget(null, withAttributes);
            Expect(")");
            Up();
            return inner;
        }
        if (token.Kind != "name")
            throw TemplateError.Syntax(token.Kind is "string" or "integer" or "float" ? "can't assign to 'const'" : $"unexpected {Repr.Quoted(token.Description)}", token.Line);
        Take();
        if (token.Text is "true" or "false" or "none" or "True" or "False" or "None")
            throw TemplateError.Syntax("can't assign to 'const'", token.Line);
        if (withAttributes && SkipIf("."))
            return new AttributeTarget(VariableOf(token.Text), Expect("name").Text);
        return new NameTarget(IdOf(token.Text));
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

    /// <summary>A filter or test that there is none of.</summary>
    private sealed class Unknown(string message, int line, bool isSoft)
    {
        public string Message => message;

        public int Line => line;

        /// <summary>Whether it lies in a condition, so that it may never be reached.</summary>
        public bool IsSoft { get; set; } = isSoft;
    }
}
