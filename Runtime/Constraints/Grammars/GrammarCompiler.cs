using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Llamalith.Constraints.Grammars;

/// <summary>Reads llama.cpp's GBNF.</summary>
internal sealed class GrammarCompiler
{
    private const int MostStates = 200_000;

    private readonly string _text;
    private readonly Dictionary<string, GrammarRule> _rules = new(StringComparer.Ordinal);
    private readonly List<GrammarState> _states = [];
    private int _at;

    private GrammarCompiler(string text) => _text = text;

    public static Grammar Compile(string text, string root)
    {
        GrammarCompiler compiler = new(text);
        compiler.SkipSpace(newlines: true);
        while (compiler._at < text.Length)
            compiler.ParseRule();
        foreach (GrammarRule rule in compiler._rules.Values)
            if (!rule.IsDefined)
                throw new ConstraintException("an undefined rule", $"the grammar uses the rule {rule.Name}, but does not define it");
        if (!compiler._rules.TryGetValue(root, out GrammarRule? first))
            throw new ConstraintException("no root rule", $"the grammar has no rule {root}");
        compiler.RefuseLeftRecursion();
        compiler.Prune(first);
        return new Grammar(first);
    }

    private void ParseRule()
    {
        GrammarRule rule = RuleOf(ParseName());
        SkipSpace(newlines: false);
        if (!Skip("::="))
            throw Wrong("expected ::=");
        if (rule.IsDefined)
            throw Wrong($"the rule {rule.Name} is defined twice");
        rule.IsDefined = true;
        SkipSpace(newlines: true);
        GrammarState end = NewState();
        end.IsEnd = true;
        ParseAlternatives(rule.Start, end, isNested: false);
        SkipSpace(newlines: false);
        if (_at < _text.Length && _text[_at] is not ('\r' or '\n'))
            throw Wrong("expected a new line or the end");
        SkipSpace(newlines: true);
    }

    private void ParseAlternatives(GrammarState from, GrammarState to, bool isNested)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new ConstraintException("grammar nested too deep", "the grammar nests too deep");
        ParseSequence(from, to, isNested);
        while (_at < _text.Length && _text[_at] == '|')
        {
            _at++;
            SkipSpace(newlines: true);
            ParseSequence(from, to, isNested);
        }
    }

    private void ParseSequence(GrammarState from, GrammarState to, bool isNested)
    {
        GrammarState at = NewState();
        from.Free.Add(at);
        while (_at < _text.Length)
        {
            int begin = _at;
            GrammarState next = NewState();
            if (!ParseItem(at, next))
                break;
            (int least, int most) = ParseCount();
            if (least != 1 || most != 1)
                (at, next) = Repeat(at, begin, _at, least, most);
            at = next;
            SkipSpace(isNested);
        }
        at.Free.Add(to);
    }

    /// <summary>Reads an item again for each time that it may come.</summary>
    private (GrammarState At, GrammarState Next) Repeat(GrammarState at, int begin, int end, int least, int most)
    {
        // The first reading stands at `at` already; it is left without a way to it.
        at.Free.Clear();
        at.Chars.Clear();
        at.Calls.Clear();
        GrammarState now = at;
        for (int i = 0; i < least; i++)
            now = Once(now);
        GrammarState last = NewState();
        if (most < 0)
        {
            GrammarState loop = NewState();
            now.Free.Add(loop);
            Once(loop).Free.Add(loop);
            loop.Free.Add(last);
        }
        else
        {
            for (int i = least; i < most; i++)
            {
                now.Free.Add(last);
                now = Once(now);
            }
            now.Free.Add(last);
        }
        _at = end;
        return (at, last);

        GrammarState Once(GrammarState from)
        {
            GrammarState start = NewState(), next = NewState();
            from.Free.Add(start);
            _at = begin;
            ParseItem(start, next);
            return next;
        }
    }

    private bool ParseItem(GrammarState from, GrammarState to)
    {
        char c = _text[_at];
        switch (c)
        {
            case '"':
                _at++;
                GrammarState at = from;
                while (!Skip("\""))
                {
                    GrammarState next = NewState();
                    at.Chars.Add((CharSet.Of(ReadChar()), next));
                    at = next;
                }
                at.Free.Add(to);
                return true;
            case '[':
                from.Chars.Add((ParseClass(), to));
                return true;
            case '.':
                _at++;
                from.Chars.Add((CharSet.All, to));
                return true;
            case '(':
                _at++;
                SkipSpace(newlines: true);
                ParseAlternatives(from, to, isNested: true);
                SkipSpace(newlines: true);
                if (!Skip(")"))
                    throw Wrong("expected )");
                return true;
            case '<' or '!':
                throw new ConstraintException("token in a grammar", "tokens (<...>) in a grammar are not supported");
            default:
                if (!IsNameChar(c))
                    return false;
                from.Calls.Add((RuleOf(ParseName()), to));
                return true;
        }
    }

    private CharSet ParseClass()
    {
        _at++;
        bool negated = Skip("^");
        List<(int, int)> ranges = [];
        while (!Skip("]"))
        {
            int first = ReadChar(), last = first;
            if (_at + 1 < _text.Length && _text[_at] == '-' && _text[_at + 1] != ']')
            {
                _at++;
                last = ReadChar();
            }
            ranges.Add((first, last));
        }
        CharSet set = CharSet.Of(ranges);
        return negated ? set.Complement() : set;
    }

    private (int Least, int Most) ParseCount()
    {
        if (_at >= _text.Length)
            return (1, 1);
        switch (_text[_at])
        {
            case '*':
                _at++;
                return (0, -1);
            case '+':
                _at++;
                return (1, -1);
            case '?':
                _at++;
                return (0, 1);
            case '{':
                int close = _text.IndexOf('}', _at);
                if (close < 0)
                    throw Wrong("expected }");
                string[] parts = _text[(_at + 1)..close].Split(',', StringSplitOptions.TrimEntries);
                int least = 0, most = -1;
                bool good = parts.Length is 1 or 2 && (int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out least)
                    || (parts.Length == 2 && parts[0].Length == 0));
                if (good && parts.Length == 1)
                    most = least;
                else if (good && parts[1].Length > 0)
                    good = int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out most) && most >= least;
                if (!good)
                    throw Wrong("no count in {}");
                _at = close + 1;
                return (least, most);
            default:
                return (1, 1);
        }
    }

    private int ReadChar()
    {
        if (_at >= _text.Length)
            throw Wrong("unexpected end");
        if (_text[_at] != '\\')
        {
            int length = Rune.TryGetRuneAt(_text, _at, out Rune rune) ? rune.Utf16SequenceLength : 1;
            int plain = length == 1 ? _text[_at] : rune.Value;
            _at += length;
            return plain;
        }
        if (++_at >= _text.Length)
            throw Wrong("unexpected end");
        char c = _text[_at++];
        switch (c)
        {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case '\\' or '"' or '[' or ']' or '-' or '^' or '/':
                return c;
            case 'x' or 'u' or 'U':
                int digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                if (_at + digits > _text.Length || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture, out int value) || value is < 0 or > CharSet.MaxCodePoint)
                {
                    throw Wrong("expected hexadecimal digits");
                }

                _at += digits;
                return value;
            default:
                throw Wrong($"unknown escape \\{c}");
        }
    }

    private string ParseName()
    {
        int begin = _at;
        while (_at < _text.Length && IsNameChar(_text[_at]))
            _at++;
        return _at > begin ? _text[begin.._at] : throw Wrong("expected a name");
    }

    private static bool IsNameChar(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    private GrammarRule RuleOf(string name)
    {
        if (!_rules.TryGetValue(name, out GrammarRule? rule))
        {
            _rules.Add(name, rule = new GrammarRule(name));
            _states.Add(rule.Start);
        }
        return rule;
    }

    private GrammarState NewState()
    {
        if (_states.Count >= MostStates)
            throw new ConstraintException("grammar too large", $"the grammar asks for more than {MostStates} states");
        GrammarState state = new();
        _states.Add(state);
        return state;
    }

    private bool Skip(string text)
    {
        if (!_text.AsSpan(_at).StartsWith(text, StringComparison.Ordinal))
            return false;
        _at += text.Length;
        return true;
    }

    private void SkipSpace(bool newlines)
    {
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c == '#')
            {
                while (_at < _text.Length && _text[_at] is not ('\r' or '\n'))
                    _at++;
            }
            else if (c is ' ' or '\t' || (newlines && (c is '\r' or '\n')))
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>A rule that calls itself before it has read anything would never get to reading.</summary>
    private void RefuseLeftRecursion()
    {
        // Rules that may read nothing, from the plainest on.
        HashSet<GrammarRule> empty = [];
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (GrammarRule rule in _rules.Values)
                if (!empty.Contains(rule) && ReachesEnd(rule, empty))
                    changed = empty.Add(rule);
        }
        Dictionary<GrammarRule, int> marks = [];
        foreach (GrammarRule rule in _rules.Values)
            Visit(rule, empty, marks);
    }

    private static void Visit(GrammarRule first, HashSet<GrammarRule> empty, Dictionary<GrammarRule, int> marks)
    {
        Stack<(GrammarRule Rule, IEnumerator<GrammarRule> Calls)> path = new();
        Enter(first);
        while (path.TryPeek(out (GrammarRule Rule, IEnumerator<GrammarRule> Calls) top))
        {
            if (!top.Calls.MoveNext())
            {
                marks[top.Rule] = 2;
                path.Pop();
                continue;
            }
            GrammarRule called = top.Calls.Current;
            if (marks.GetValueOrDefault(called) == 1)
            {
                throw new ConstraintException(
                    "left recursion", $"the rule {called.Name} recurses on the left, before it has read anything");
            }

            Enter(called);
        }

        void Enter(GrammarRule rule)
        {
            if (marks.GetValueOrDefault(rule) != 0)
                return;
            marks[rule] = 1;
            path.Push((rule, FirstCalls(rule, empty).GetEnumerator()));
        }
    }

    /// <summary>The rules that one may call before it has read anything.</summary>
    private static HashSet<GrammarRule> FirstCalls(GrammarRule rule, HashSet<GrammarRule> empty)
    {
        HashSet<GrammarRule> calls = [];
        foreach (GrammarState state in Reached(rule, empty))
            foreach ((GrammarRule called, _) in state.Calls)
                calls.Add(called);
        return calls;
    }

    private static bool ReachesEnd(GrammarRule rule, HashSet<GrammarRule> empty)
    {
        foreach (GrammarState state in Reached(rule, empty))
            if (state.IsEnd)
                return true;
        return false;
    }

    private static HashSet<GrammarState> Reached(GrammarRule rule, HashSet<GrammarRule> empty)
    {
        HashSet<GrammarState> known = [rule.Start];
        Stack<GrammarState> open = new(known);
        while (open.TryPop(out GrammarState? state))
        {
            foreach (GrammarState free in state.Free)
                if (known.Add(free))
                    open.Push(free);
            foreach ((GrammarRule called, GrammarState next) in state.Calls)
                if (empty.Contains(called) && known.Add(next))
                    open.Push(next);
        }
        return known;
    }

    /// <summary>Takes away what leads to no end, so that no text gets stuck.</summary>
    private void Prune(GrammarRule root)
    {
        HashSet<GrammarState> ending = [];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int i = _states.Count - 1; i >= 0; i--)
            {
                GrammarState state = _states[i];
                if (ending.Contains(state))
                    continue;
                bool ends = state.IsEnd || state.Free.Exists(ending.Contains)
                    || state.Chars.Exists(edge => !edge.Set.IsEmpty && ending.Contains(edge.Next))
                    || state.Calls.Exists(call => ending.Contains(call.Rule.Start) && ending.Contains(call.Next));
                if (ends)
                    changed = ending.Add(state);
            }
        }
        if (!ending.Contains(root.Start))
            throw new ConstraintException("a grammar without a sentence", $"no finite text follows the rule {root.Name}");
        foreach (GrammarState state in _states)
        {
            state.Free.RemoveAll(free => !ending.Contains(free));
            state.Chars.RemoveAll(edge => edge.Set.IsEmpty || !ending.Contains(edge.Next));
            state.Calls.RemoveAll(call => !ending.Contains(call.Rule.Start) || !ending.Contains(call.Next));
        }
    }

    private ConstraintException Wrong(string what)
    {
        int line = _text.AsSpan(0, Math.Min(_at, _text.Length)).Count('\n') + 1;
        return new ConstraintException(
            "a grammar that is none", string.Create(CultureInfo.InvariantCulture, $"the grammar is none: {what} in line {line}"));
    }
}
