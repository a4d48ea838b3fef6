using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Llamalith.Chat.Jinja;

/// <summary>
/// Cuts a template into tokens, under the settings of chat templates: a newline after a block goes (trim_blocks), white space before one
/// that begins its line too (lstrip_blocks), and so does a newline at the very end.
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] s_operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",",
            ";"];

    private readonly string _source;
    private readonly Queue<Token> _ready = new();
    private readonly Stack<char> _closers = new();
    private State _state;
    private int _at;
    private int _line = 1;
    private bool _lineStarts = true;

    public Lexer(string source)
    {
        string lines = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _source = lines.EndsWith('\n') ? lines[..^1] : lines;
    }

    private enum State
    {
        Data,
        Block,
        Print,
    }

    public static string Describe(string kind) => kind switch
    {
        "variable_begin" => "begin of print statement",
        "variable_end" => "end of print statement",
        "block_begin" => "begin of statement block",
        "block_end" => "end of statement block",
        "data" => "template data / text",
        "eof" => "end of template",
        _ => kind,
    };

    /// <summary>White space as Python's `str` sees it.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public Token Next()
    {
        while (_ready.Count == 0)
        {
            if (_state == State.Data)
            {
                if (_at >= _source.Length)
                    return new Token("eof", "", null, _line);
                ReadData();
            }
            else
            {
                SkipSpace();
                if (_at >= _source.Length)
                    return new Token("eof", "", null, _line);
                ReadTag();
            }
        }
        return _ready.Dequeue();
    }

    private void ReadData()
    {
        int begin = FindBegin(_at);
        if (begin < 0)
        {
            AddData(_source[_at..]);
            Advance(_source.Length);
            return;
        }

        string text = _source[_at..begin];
        char kind = _source[begin + 1];
        int after = begin + 2;
        char sign = after < _source.Length && _source[after] is '-' or '+' ? _source[after] : '\0';
        int rawEnd = kind == '%' ? MatchRaw(begin) : -1;
        AddData(Stripped(text, sign, isPrint: kind == '{'));
        Advance(begin);
        if (rawEnd >= 0)
        {
            Advance(rawEnd);
            ReadRaw();
            return;
        }
        Advance(after + (sign == '\0' ? 0 : 1));
        switch (kind)
        {
            case '#':
                SkipComment();
                break;
            case '%':
                _ready.Enqueue(new Token("block_begin", "", null, _line));
                _state = State.Block;
                break;
            default:
                _ready.Enqueue(new Token("variable_begin", "", null, _line));
                _state = State.Print;
                break;
        }
    }

    private int FindBegin(int from)
    {
        for (int i = from; ; i++)
        {
            int at = _source.AsSpan(i).IndexOf('{');
            if (at < 0 || i + at + 1 >= _source.Length)
                return -1;
            i += at;
            if (_source[i + 1] is '%' or '{' or '#')
                return i;
        }
    }

    private string Stripped(string text, char sign, bool isPrint)
    {
        if (sign == '-')
            return TrimEnd(text);
        if (sign == '+' || isPrint)
            return text;
        int line = text.LastIndexOf('\n') + 1;
        if (line == 0 && !_lineStarts)
            return text;
        for (int i = line; i < text.Length; i++)
            if (!IsSpace(text[i]))
                return text;
        return text[..line];
    }

    private static string TrimEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
            end--;
        return text[..end];
    }

    private void AddData(string text)
    {
        if (text.Length > 0)
            _ready.Enqueue(new Token("data", text, null, _line));
    }

    /// <summary>Behind a beginning such as `{% raw %}`; -1 where it is none.</summary>
    private int MatchRaw(int begin)
    {
        int at = SkipSpaceFrom(begin + 2 + (begin + 2 < _source.Length && _source[begin + 2] is '-' or '+' ? 1 : 0));
        if (!Holds(at, "raw"))
            return -1;
        at = SkipSpaceFrom(at + 3);
        if (Holds(at, "-%}"))
            return SkipSpaceFrom(at + 3);
        return Holds(at, "%}") ? at + 2 : -1;
    }

    private void ReadRaw()
    {
        for (int begin = _at; ; begin++)
        {
            begin = begin <= _source.Length ? _source.IndexOf("{%", begin, StringComparison.Ordinal) : -1;
            if (begin < 0)
            {
                if (_at >= _source.Length)
                    return;
                throw TemplateError.Syntax("Missing end of raw directive", _line);
            }
            int at = begin + 2;
            char sign = at < _source.Length && _source[at] is '-' or '+' ? _source[at] : '\0';
            at = SkipSpaceFrom(at + (sign == '\0' ? 0 : 1));
            if (!Holds(at, "endraw"))
                continue;
            int end = MatchBlockEnd(SkipSpaceFrom(at + 6));
            if (end < 0)
                continue;
            AddData(Stripped(_source[_at..begin], sign, isPrint: false));
            Advance(end);
            return;
        }
    }

    private void SkipComment()
    {
        int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            if (_at >= _source.Length)
                return;
            throw TemplateError.Syntax("Missing end of comment tag", _line);
        }
        char sign = end > _at ? _source[end - 1] : '\0';
        Advance(sign == '-' ? SkipSpaceFrom(end + 2) : sign == '+' ? end + 2 : SkipNewline(end + 2));
    }

    private int MatchBlockEnd(int at)
    {
        if (Holds(at, "+%}"))
            return at + 3;
        if (Holds(at, "-%}"))
            return SkipSpaceFrom(at + 3);
        return Holds(at, "%}") ? SkipNewline(at + 2) : -1;
    }

    private int MatchPrintEnd(int at) => Holds(at, "-}}") ? SkipSpaceFrom(at + 3) : Holds(at, "}}") ? at + 2 : -1;

    private void ReadTag()
    {
        if (_closers.Count == 0)
        {
            int end = _state == State.Block ? MatchBlockEnd(_at) : MatchPrintEnd(_at);
            if (end >= 0)
            {
                _ready.Enqueue(new Token(_state == State.Block ? "block_end" : "variable_end", "", null, _line));
                Advance(end);
                _state = State.Data;
                return;
            }
        }

        char c = _source[_at];
        if (char.IsAsciiDigit(c) ? ReadNumber() : IsWord(_at) ? ReadName() : c is '\'' or '"' && ReadString(c))
            return;
        foreach (string op in s_operators)
        {
            if (!Holds(_at, op))
                continue;
            Balance(op[0]);
            _ready.Enqueue(new Token(op, op, null, _line));
            Advance(_at + op.Length);
            return;
        }
        throw TemplateError.Syntax(
            string.Create(
                CultureInfo.InvariantCulture,
                $"unexpected char {Repr.Quoted(Rune.TryGetRuneAt(_source, _at, out Rune rune) ? rune.ToString() : "\uFFFD")} at "
                    + $"{CodePoints(_at)}"), _line);
    }

    private void Balance(char op)
    {
        switch (op)
        {
            case '{' or '(' or '[':
                _closers.Push(op == '{' ? '}' : op == '(' ? ')' : ']');
                break;
            case '}' or ')' or ']':
                if (!_closers.TryPop(out char expected))
                    throw TemplateError.Syntax($"unexpected '{op}'", _line);
                if (expected != op)
                    throw TemplateError.Syntax($"unexpected '{op}', expected '{expected}'", _line);
                break;
        }
    }

    private bool ReadNumber()
    {
        (string kind, int end, object value) = NumberLiteral.Read(_source, _at);
        Enqueue(kind, end, value);
        return true;
    }

    private bool IsWord(int at) => at < _source.Length && (_source[at] == '_' || char.IsLetterOrDigit(_source[at])
        || (char.IsHighSurrogate(_source[at]) && Rune.TryGetRuneAt(_source, at, out Rune rune) && Rune.IsLetterOrDigit(rune)));

    private bool ReadName()
    {
        int end = _at;
        while (IsWord(end) || (end > _at && end < _source.Length && char.IsLowSurrogate(_source[end])))
            end++;
        string name = _source[_at..end];
        if (!(name[0] == '_' || char.IsLetter(name[0]) || char.IsHighSurrogate(name[0])))
            throw TemplateError.Syntax("Invalid character in identifier", _line);
        _ready.Enqueue(new Token("name", name, null, _line));
        Advance(end);
        return true;
    }

    private bool ReadString(char quote)
    {
        int end = _at + 1;
        while (end < _source.Length && _source[end] != quote)
            end += _source[end] == '\\' ? 2 : 1;
        if (end >= _source.Length)
            return false;
        Enqueue("string", end + 1, StringEscapes.Unescape(_source.AsSpan((_at + 1)..end), _line));
        return true;
    }

    private void Enqueue(string kind, int end, object value)
    {
        _ready.Enqueue(new Token(kind, kind == "string" ? (string)value : _source[_at..end], value, _line));
        Advance(end);
    }

    private void SkipSpace() => Advance(SkipSpaceFrom(_at));

    private int SkipSpaceFrom(int at)
    {
        while (at < _source.Length && IsSpace(_source[at]))
            at++;
        return at;
    }

    private int SkipNewline(int at) => at < _source.Length && _source[at] == '\n' ? at + 1 : at;

    private bool Holds(int at, string text) => at < _source.Length && _source.AsSpan(at).StartsWith(text, StringComparison.Ordinal);

    private void Advance(int to)
    {
        if (to <= _at)
            return;
        _line += _source.AsSpan(_at..to).Count('\n');
        _lineStarts = _source[to - 1] == '\n';
        _at = to;
    }

    private int CodePoints(int unit)
    {
        int count = 0;
        for (int i = 0; i < unit; i++)
            count += char.IsLowSurrogate(_source[i]) ? 0 : 1;
        return count;
    }
}
