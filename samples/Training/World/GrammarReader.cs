using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace Llamalith.StoryTraining.World;

/// <summary>
/// Reads the text form of a grammar. A line that starts at the margin begins a block, indented lines belong to it, # begins a comment.
/// <code>
/// list NAME (tag, attribute=text)     entries follow, comma by comma; blocks of one name are one list; an entry `ash|elm + ford|wood`
///                                     stands for all that its parts can be put together to
/// rule NAME                           alternatives follow, one a line: `3* text` is three times as likely as `text`
/// </code>
/// In a text
/// <code>
/// {hero=kind:animal}   draws an entry that bears the tag, binds it to the variable and writes it; never one that a variable of the
///                      story is bound to already
/// {hero} {hero.home}   writes a variable, an attribute of it, or a pronoun: he, him, his follow the tag of hero.name
/// {act.past} {act.ing} inflects what a variable says; {thing.plural} too
/// {^hero}              the same with a capital; at the start of a sentence that happens by itself
/// [colour] [red|blue]  draws from a list without binding; one of several texts
/// &lt;rule&gt;               another rule in this place
/// (mood=happy)         sets a variable, writes nothing
/// (place~place) ()     draws and binds, writes nothing; nothing at all
/// ?thing:flies ?!thing the alternative is there only if the variable is bound and bears the tag; is not bound
/// </code>
/// </summary>
internal static class GrammarReader
{
    /// <summary>Adds a file's lists and rules to a grammar.</summary>
    /// <exception cref="InvalidDataException">The text is not of this form; the message names the line.</exception>
    public static void Read(Grammar grammar, string text, string source)
    {
        List<Entity>? list = null;
        List<Alternative>? rule = null;
        HashSet<string> tags = [];
        Dictionary<string, Template> attributes = [];
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.TrimEnd();
            if (line.Length == 0 || line[0] == '#')
                continue;
            try
            {
                if (!char.IsWhiteSpace(line[0]))
                    (list, rule, tags, attributes) = ReadHeading(grammar, line);
                else if (rule is not null)
                    rule.Add(ReadAlternative(line.Trim()));
                else if (list is not null)
                    list.AddRange(
                        SplitEntries(line).SelectMany(Combine).Select(entry => new Entity(ReadTemplate(entry), tags, attributes)));
                else
                    throw new InvalidDataException("There is no list or rule yet that it could belong to.");
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"{source}, line {number}: {e.Message} The line is '{line.Trim()}'.", e);
            }
        }
    }

    private static (List<Entity>? List, List<Alternative>? Rule, HashSet<string> Tags, Dictionary<string, Template> Attributes) ReadHeading(
        Grammar grammar, string line)
    {
        string[] words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        if (words is ["rule", { } rule])
            return (null, grammar.RuleToFill(rule), [], []);
        if (words is not ["list", { } name, ..])
            throw new InvalidDataException("A block begins with `list NAME` or `rule NAME`.");
        HashSet<string> tags = [];
        Dictionary<string, Template> attributes = [];
        if (words.Length > 2)
        {
            if (words[2][0] != '(' || words[2][^1] != ')')
                throw new InvalidDataException("Tags and attributes stand in parentheses.");
            foreach (string item in SplitEntries(words[2][1..^1]))
            {
                if (item.Split('=', 2) is [{ } attribute, { } value])
                    attributes.Add(attribute, ReadTemplate(value));
                else
                    tags.Add(item);
            }
        }

        return (grammar.ListToFill(name), null, tags, attributes);
    }

    private static string[] SplitEntries(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>All that the parts of an entry can be put together to; the entry itself where it has none.</summary>
    private static IEnumerable<string> Combine(string entry)
    {
        IEnumerable<string> words = [""];
        foreach (string part in entry.Split(" + "))
            words = words.SelectMany(word => part.Split('|'), (word, end) => word + end);
        return words;
    }

    private static Alternative ReadAlternative(string line)
    {
        int weight = 1;
        int star = line.IndexOf("* ", StringComparison.Ordinal);
        if (star > 0 && int.TryParse(line.AsSpan(0, star), NumberStyles.None, CultureInfo.InvariantCulture, out int stated))
        {
            weight = stated;
            line = line[(star + 2)..];
        }

        List<Guard> guards = [];
        while (line.Length > 1 && line[0] == '?')
        {
            int end = line.IndexOf(' ', StringComparison.Ordinal);
            if (end < 0)
                throw new InvalidDataException("A guard stands before a text.");
            string guard = line[1..end];
            bool wanted = guard[0] != '!';
            string[] parts = guard.TrimStart('!').Split(':');
            guards.Add(new Guard(parts[0], parts.Length > 1 ? parts[1] : null, wanted));
            line = line[(end + 1)..];
        }

        return new Alternative(weight, guards, ReadTemplate(line));
    }

    private static Template ReadTemplate(string text)
    {
        List<Part> parts = [];
        StringBuilder literal = new();
        for (int i = 0; i < text.Length; i++)
        {
            int close = text[i] switch { '{' => '}', '[' => ']', '<' => '>', '(' => ')', _ => 0 };
            if (close == 0)
            {
                literal.Append(text[i]);
                continue;
            }

            int end = text.IndexOf((char)close, i);
            if (end < 0)
                throw new InvalidDataException($"A '{text[i]}' is not closed.");
            string inner = text[(i + 1)..end];
            Flush();
            parts.Add(text[i] switch
            {
                '{' => ReadGap(inner),
                '<' => new RulePart(inner),
                '(' => ReadSetting(inner),
                _ when inner.Contains('|', StringComparison.Ordinal) => new ChoicePart([.. inner.Split('|').Select(ReadTemplate)]),
                _ => ReadDraw(null, inner, capital: false),
            });
            i = end;
            // What writes nothing leaves no gap behind.
            if (parts[^1] is AssignPart or DrawPart { Silent: true } && i + 1 < text.Length && text[i + 1] == ' ')
                i++;
        }

        Flush();
        return new Template(text, parts);

        void Flush()
        {
            if (literal.Length > 0)
                parts.Add(new LiteralPart(literal.ToString()));
            literal.Clear();
        }
    }

    private static Part ReadSetting(string inner)
    {
        if (inner.Length == 0)
            return new LiteralPart("");
        if (inner.Split('~', 2) is [{ } drawn, { } list])
            return ReadDraw(drawn, list, capital: false, silent: true);
        return inner.Split('=', 2) is [{ } path, { } value]
            ? new AssignPart(path, value) : throw new InvalidDataException($"'({inner})' sets nothing.");
    }

    private static Part ReadGap(string inner)
    {
        bool capital = inner.StartsWith('^');
        inner = inner.TrimStart('^');
        if (inner.Split('=', 2) is [{ } path, { } list])
            return ReadDraw(path, list, capital);
        return new ReferencePart(inner, capital);
    }

    private static DrawPart ReadDraw(string? path, string list, bool capital, bool silent = false)
    {
        string[] words = list.Split(':');
        return new DrawPart(path, words[0], words[1..], capital, silent);
    }
}
