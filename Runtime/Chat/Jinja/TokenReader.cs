using System.Globalization;

namespace Llamalith.Chat.Jinja;

/// <summary>The tokens of a template, one ahead, and how deep a parser has gone into them.</summary>
internal abstract class TokenReader
{
    /// <summary>Blocks and brackets within each other, and expressions over each other.</summary>
    protected const int MostLevels = 200;

    private readonly Lexer _lexer;
    private Token? _ahead;
    private int _levels;

    protected TokenReader(string source)
    {
        _lexer = new Lexer(source);
        Current = _lexer.Next();
    }

    protected Token Current { get; private set; }

    protected Token Take()
    {
        Token token = Current;
        Current = _ahead ?? _lexer.Next();
        _ahead = null;
        return token;
    }

    protected Token Ahead() => _ahead ??= _lexer.Next();

    protected bool SkipIf(string kind)
    {
        if (Current.Kind != kind)
            return false;
        Take();
        return true;
    }

    protected bool SkipName(string name)
    {
        if (!Current.IsName(name))
            return false;
        Take();
        return true;
    }

    protected Token Expect(string kind)
    {
        if (Current.Kind == kind)
            return Take();
        throw Unexpected(Lexer.Describe(kind));
    }

    protected void ExpectName(string name)
    {
        if (!SkipName(name))
            throw Unexpected(name);
    }

    private TemplateError Unexpected(string expected) => TemplateError.Syntax(
        Current.Kind == "eof"
            ? $"unexpected end of template, expected {Repr.Quoted(expected)}."
            : $"expected token {Repr.Quoted(expected)}, got {Repr.Quoted(Current.Description)}",
        Current.Line);

    protected void Down()
    {
        if (++_levels > MostLevels)
        {
            throw TemplateError.Syntax(
                string.Create(CultureInfo.InvariantCulture, $"the template nests more than {MostLevels} levels"), Current.Line);
        }

        Run.CheckStack();
    }

    protected void Up() => _levels--;
}
