using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Chat.Jinja;

/// <summary>Reads a template: bodies here, the rest in the other parts.</summary>
internal sealed partial class Parser : TokenReader
{
    private readonly Dictionary<string, int> _ids = [];
    private readonly OpenTags _open = new();
    private readonly List<Unknown> _unknown = [];
    private bool _isSoft;

    private Parser(string source)
        : base(source)
    {
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

    /// <summary>Statements up to one of these tags, which is not taken; null for the end of the template.</summary>
    private Body ParseBody(string[]? ends)
    {
        Down();
        List<Statement> statements = [];
        if (ends is not null)
            _open.BeginBody(ends);
        while (Current.Kind != "eof")
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
                if (ends is not null && Current.Kind == "name" && ends.Contains(Current.Text))
                {
                    _open.EndBody();
                    Up();
                    return new Body([.. statements]);
                }
                statements.Add(ParseStatement());
                Expect("block_end");
            }
        }
        if (ends is not null)
            throw _open.Lost(null, Current.Line);
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
        Token token = Current;
        if (token.Kind != "name")
            throw TemplateError.Syntax("tag name expected", token.Line);
        _open.Open(token.Text);
        Statement? statement = token.Text switch
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
            _ => null,
        };
        _open.Close();
        return statement ?? throw _open.Lost(token, token.Line);
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
