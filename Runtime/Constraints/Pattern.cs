using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Llamalith.Constraints;

/// <summary>
/// A regular expression of ECMA-262 with the u flag, as an automaton of the strings in which it matches somewhere. `^` and `$` are the very
/// beginning and
/// end; `\d`, `\w` are ASCII.
/// </summary>
internal sealed class Pattern
{
    private static readonly CharSet s_digit = CharSet.Of('0', '9');
    private static readonly CharSet s_word = CharSet.Of([('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]);
    private static readonly CharSet s_space =
        CharSet.Of([(9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
            (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)]);
    private static readonly CharSet s_line = CharSet.Of([('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)]);
    private static readonly Dictionary<string, CharSet> s_properties = [];

    private readonly string _text;
    private readonly List<(bool IsNegative, Item Inner)> _conditions = [];
    private int _at;

    private Pattern(string text) => _text = text;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="ConstraintException">It is no regular expression, or uses what no finite automaton can do.</exception>
    public static Dfa Compile(string text)
    {
        Pattern pattern = new(text);
        pattern.ParseConditions();
        Item body = pattern.ParseAlternatives();
        if (pattern._at < text.Length)
            throw pattern.Wrong($"unmatched '{text[pattern._at]}'");
        Dfa dfa = ToDfa(pattern._conditions.Count > 0 ? new Item.Sequence([new Item.Anchor(true), body]) : body);
        foreach ((bool isNegative, Item inner) in pattern._conditions)
            dfa = Dfa.Intersect(dfa, ToDfa(new Item.Sequence([new Item.Anchor(true), inner])), complementOfB: isNegative);
        return dfa;
    }

    private static Dfa ToDfa(Item item)
    {
        Nfa nfa = new();
        int start = nfa.AddState(), before = nfa.AddState(), after = nfa.AddState(), end = nfa.AddState();

        // Anywhere: some characters before and behind, the anchors' gates permitting.
        nfa.AddFree(start, before);
        nfa.AddEdge(before, CharSet.All, before);
        item.Build(nfa, before, after);
        nfa.AddFree(after, end);
        nfa.AddEdge(end, CharSet.All, end);
        return Dfa.Of(nfa, start, end);
    }

    /// <summary>Lookaheads at the beginning are conditions on the whole string.</summary>
    private void ParseConditions()
    {
        int caret = _text.StartsWith('^') ? 1 : 0;
        if (caret == 0 || !(_text.AsSpan(1).StartsWith("(?=") || _text.AsSpan(1).StartsWith("(?!")))
            return;
        int depth = 0;
        bool inClass = false;
        for (int i = 0; i < _text.Length; i++)
        {
            if (_text[i] == '\\')
                i++;
            else if (inClass)
                inClass = _text[i] != ']';
            else if (_text[i] == '[')
                inClass = true;
            else if (_text[i] is '(' or ')')
                depth += _text[i] == '(' ? 1 : -1;
            else if (_text[i] == '|' && depth == 0)
                return;
        }
        _at = 1;
        while (_text.AsSpan(_at).StartsWith("(?=") || _text.AsSpan(_at).StartsWith("(?!"))
        {
            bool isNegative = _text[_at + 2] == '!';
            _at += 3;
            Item inner = ParseAlternatives();
            Expect(')');
            _conditions.Add((isNegative, inner));
        }
    }

    private Item ParseAlternatives()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ConstraintException("pattern nested too deep", "the pattern nests too deep");
        List<Item> alternatives = [ParseSequence()];
        while (TrySkip('|'))
            alternatives.Add(ParseSequence());
        return alternatives.Count == 1 ? alternatives[0] : new Item.Choice(alternatives);
    }

    private Item.Sequence ParseSequence()
    {
        List<Item> items = [];
        while (_at < _text.Length && _text[_at] is not ('|' or ')'))
        {
            Item item = ParseAtom();
            items.Add(ParseQuantifiers(item));
        }
        return new Item.Sequence(items);
    }

    private Item ParseQuantifiers(Item item)
    {
        if (_at >= _text.Length)
            return item;
        int least, most;
        switch (_text[_at])
        {
            case '*':
                (least, most) = (0, -1);
                _at++;
                break;
            case '+':
                (least, most) = (1, -1);
                _at++;
                break;
            case '?':
                (least, most) = (0, 1);
                _at++;
                break;
            case '{' when TryReadCounts(out least, out most):
                break;
            default:
                return item;
        }
        // A lazy quantifier finds other matches, but in the same strings.
        TrySkip('?');
        if (_at < _text.Length && _text[_at] is '*' or '+' && _at < _text.Length)
            throw Wrong("nothing to repeat");
        if (item is Item.Anchor)
            throw Wrong("nothing to repeat");
        return new Item.Repeat(item, least, most);
    }

    private bool TryReadCounts(out int least, out int most)
    {
        (least, most) = (0, 0);
        int close = _text.IndexOf('}', _at);
        if (close < 0)
            return false;
        string[] parts = _text[(_at + 1)..close].Split(',');
        if (parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out least))
        {
            return parts[0].Length > 0 && parts[0].AsSpan()
                .IndexOfAnyExceptInRange('0', '9') < 0 && parts.Length <= 2 ? throw Wrong("a repeat count is too large") : false;
        }

        most = least;
        if (parts.Length == 2 && parts[1].Length == 0)
            most = -1;
        else if (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out most))
            return parts[1].AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? throw Wrong("a repeat count is too large") : false;
        if (most >= 0 && most < least)
            throw Wrong("numbers out of order in a quantifier");
        _at = close + 1;
        return true;
    }

    private Item ParseAtom()
    {
        char c = _text[_at];
        switch (c)
        {
            case '^':
                _at++;
                return new Item.Anchor(IsStart: true);
            case '$':
                _at++;
                return new Item.Anchor(IsStart: false);
            case '.':
                _at++;
                return new Item.Set(s_line.Complement());
            case '(':
                return ParseGroup();
            case '[':
                return new Item.Set(ParseClass());
            case '*' or '+' or '?':
                throw Wrong("nothing to repeat");
            case '\\':
                if (_at + 1 < _text.Length && _text[_at + 1] is 'b' or 'B')
                    throw new ConstraintException("word boundary in a pattern", $"word boundaries (\\b) in the pattern {Show()}");
                return new Item.Set(ParseEscape(inClass: false));
            default:
                return new Item.Set(CharSet.Of(ReadCodePoint()));
        }
    }

    private Item ParseGroup()
    {
        _at++;
        if (TrySkip('?'))
        {
            if (TrySkip(':'))
            {
            }
            else if (_at < _text.Length && _text[_at] is '=' or '!')
            {
                throw new ConstraintException(
                    "lookahead in a pattern", $"a lookahead that is not at the beginning of the pattern {Show()}");
            }
            else if (TrySkip('<'))
            {
                if (_at < _text.Length && _text[_at] is '=' or '!')
                    throw new ConstraintException("lookbehind in a pattern", $"a lookbehind in the pattern {Show()}");
                int close = _text.IndexOf('>', _at);
                if (close <= _at)
                    throw Wrong("invalid group name");
                _at = close + 1;
            }
            else
            {
                throw Wrong("invalid group");
            }
        }
        Item inner = ParseAlternatives();
        Expect(')');
        return inner;
    }

    private CharSet ParseClass()
    {
        _at++;
        bool negated = TrySkip('^');
        List<(int, int)> ranges = [];
        while (true)
        {
            if (_at >= _text.Length)
                throw Wrong("missing ]");
            if (TrySkip(']'))
                break;
            CharSet first = ParseClassAtom(out bool isSingle);
            if (isSingle && _at + 1 < _text.Length && _text[_at] == '-' && _text[_at + 1] != ']')
            {
                int save = _at++;
                CharSet last = ParseClassAtom(out bool lastIsSingle);
                if (lastIsSingle)
                {
                    if (last.Bounds[0] < first.Bounds[0])
                        throw Wrong("range out of order in a class");
                    ranges.Add((first.Bounds[0], last.Bounds[0]));
                    continue;
                }
                _at = save;
            }
            for (int i = 0; i < first.Bounds.Length; i += 2)
                ranges.Add((first.Bounds[i], first.Bounds[i + 1]));
        }
        CharSet set = CharSet.Of(ranges);
        return negated ? set.Complement() : set;
    }

    private CharSet ParseClassAtom(out bool isSingle)
    {
        CharSet set = _text[_at] == '\\' ? ParseEscape(inClass: true) : CharSet.Of(ReadCodePoint());
        isSingle = set.Bounds.Length == 2 && set.Bounds[0] == set.Bounds[1];
        return set;
    }

    private CharSet ParseEscape(bool inClass)
    {
        if (++_at >= _text.Length)
            throw Wrong("\\ at the end");
        char c = _text[_at++];
        switch (c)
        {
            case 'd':
                return s_digit;
            case 'D':
                return s_digit.Complement();
            case 'w':
                return s_word;
            case 'W':
                return s_word.Complement();
            case 's':
                return s_space;
            case 'S':
                return s_space.Complement();
            case 't':
                return CharSet.Of('\t');
            case 'n':
                return CharSet.Of('\n');
            case 'r':
                return CharSet.Of('\r');
            case 'v':
                return CharSet.Of('\v');
            case 'f':
                return CharSet.Of('\f');
            case 'b' when inClass:
                return CharSet.Of('\b');
            case '0' when !(_at < _text.Length && char.IsAsciiDigit(_text[_at])):
                return CharSet.Of(0);
            case 'c' when _at < _text.Length && char.IsAsciiLetter(_text[_at]):
                return CharSet.Of(_text[_at++] % 32);
            case 'x':
                return CharSet.Of(ReadHex(2));
            case 'u':
                return CharSet.Of(ReadUnicode());
            case 'p' or 'P':
                return ReadProperty(c == 'P');
            case >= '0' and <= '9':
                throw new ConstraintException("back reference in a pattern", $"a back reference in the pattern {Show()}");
            case 'k':
                throw new ConstraintException("back reference in a pattern", $"a back reference in the pattern {Show()}");
            default:
                if (char.IsHighSurrogate(c) && _at < _text.Length)
                    return CharSet.Of(char.ConvertToUtf32(c, _text[_at++]));
                return CharSet.Of(c);
        }
    }

    private int ReadUnicode()
    {
        if (TrySkip('{'))
        {
            int close = _text.IndexOf('}', _at);
            if (close < 0 || !int.TryParse(_text.AsSpan(_at..close), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out int value) || value > CharSet.MaxCodePoint || value < 0)
            {
                throw Wrong("invalid Unicode escape");
            }

            _at = close + 1;
            return value;
        }
        int unit = ReadHex(4);
        if (unit is >= 0xD800 and < 0xDC00 && _text.AsSpan(_at).StartsWith("\\u"))
        {
            int save = _at;
            _at += 2;
            if (_at < _text.Length && _text[_at] != '{' && ReadHex(4) is >= 0xDC00 and < 0xE000 and int low)
                return char.ConvertToUtf32((char)unit, (char)low);
            _at = save;
        }
        return unit;
    }

    private int ReadHex(int digits)
    {
        if (_at + digits > _text.Length
            || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value))
        {
            throw Wrong("invalid escape");
        }

        _at += digits;
        return value;
    }

    private CharSet ReadProperty(bool negated)
    {
        int close = _at < _text.Length && _text[_at] == '{' ? _text.IndexOf('}', _at) : -1;
        if (close < 0)
            throw Wrong("invalid property");
        string name = _text[(_at + 1)..close];
        _at = close + 1;
        lock (s_properties)
        {
            if (!s_properties.TryGetValue(name, out CharSet? set))
            {
                s_properties.Add(name, set = UnicodeProperty.Find(name) ?? throw new ConstraintException(
                    "Unicode property in a pattern", $"the Unicode property {name} in the pattern {Show()}"));
            }

            return negated ? set.Complement() : set;
        }
    }

    private int ReadCodePoint()
    {
        int length = Rune.TryGetRuneAt(_text, _at, out Rune rune) ? rune.Utf16SequenceLength : 1;
        int value = length == 1 ? _text[_at] : rune.Value;
        _at += length;
        return value;
    }

    private bool TrySkip(char c)
    {
        if (_at >= _text.Length || _text[_at] != c)
            return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!TrySkip(c))
            throw Wrong($"missing {c}");
    }

    private string Show() => _text.Length <= 80 ? _text : _text[..80] + "…";

    private ConstraintException Wrong(string what) =>
        new("pattern that is no regular expression", $"the pattern {Show()} is no regular expression: {what} at {_at}");

    /// <summary>A part of a pattern.</summary>
    private abstract record Item
    {
        public abstract void Build(Nfa nfa, int from, int to);

        public sealed record Set(CharSet Chars) : Item
        {
            public override void Build(Nfa nfa, int from, int to) => nfa.AddEdge(from, Chars, to);
        }

        public sealed record Anchor(bool IsStart) : Item
        {
            public override void Build(Nfa nfa, int from, int to) => nfa.AddFree(from, to, IsStart ? Nfa.Gate.AtStart : Nfa.Gate.AtEnd);
        }

        public sealed record Sequence(List<Item> Items) : Item
        {
            public override void Build(Nfa nfa, int from, int to)
            {
                RequireStack();
                int at = from;
                foreach (Item item in Items)
                {
                    int next = nfa.AddState();
                    item.Build(nfa, at, next);
                    at = next;
                }
                nfa.AddFree(at, to);
            }
        }

        public sealed record Choice(List<Item> Alternatives) : Item
        {
            public override void Build(Nfa nfa, int from, int to)
            {
                RequireStack();
                foreach (Item alternative in Alternatives)
                    alternative.Build(nfa, from, to);
            }
        }

        public sealed record Repeat(Item Inner, int Least, int Most) : Item
        {
            public override void Build(Nfa nfa, int from, int to)
            {
                RequireStack();
                int at = from;
                for (int i = 0; i < Least; i++)
                    at = Once(nfa, at);
                if (Most < 0)
                {
                    int loop = nfa.AddState(), end = nfa.AddState();
                    nfa.AddFree(at, loop);
                    Inner.Build(nfa, loop, end);
                    nfa.AddFree(end, loop);
                    nfa.AddFree(loop, to);
                    return;
                }
                for (int i = Least; i < Most; i++)
                {
                    nfa.AddFree(at, to);
                    at = Once(nfa, at);
                }
                nfa.AddFree(at, to);
            }

            private int Once(Nfa nfa, int from)
            {
                // A state of its own, lest a loop within leads back to what is before.
                int begin = nfa.AddState(), end = nfa.AddState();
                nfa.AddFree(from, begin);
                Inner.Build(nfa, begin, end);
                return end;
            }
        }

        private static void RequireStack()
        {
            if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
                throw new ConstraintException("pattern nested too deep", "the pattern nests too deep");
        }
    }
}
