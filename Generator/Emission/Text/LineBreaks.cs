using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Generator.Emission.Text;

/// <summary>Breaks lines of emitted text that would not fit a screen, where a person would.</summary>
internal static class LineBreaks
{
    /// <summary>Columns of the widest line.</summary>
    public const int Columns = 140;

    private const int Step = 4;

    private const string Separator = " · ";

    // What a line is broken at, the loosest first: behind what comes to this, before what comes after.
    private static readonly string[] s_operators =
        [" => ", " = ", " ? ", " : ", " || ", " && ", " | ", " ^ ", " & ", " == ", " != ", " < ", " > ", " <= ", " >= ", " << ", " >> ",
            " + ", " - ", " * ", " / "];

    // How they begin, behind the space: most words are none.
    private const string OperatorStarts = "=?:|^&!<>+-*/";

    /// <summary>A line that is too wide as several, what goes on indented by a step more.</summary>
    /// <param name="line">The line, without what it is indented by.</param>
    /// <param name="indent">Columns that it is indented by.</param>
    public static IEnumerable<string> Fit(string line, int indent)
    {
        string text = line.TrimStart(' ');
        int spaces = line.Length - text.Length;
        string margin = new(' ', spaces);
        int room = Columns - indent - spaces;
        return Parts(text, room).Select(part => margin + part);
    }

    private static IEnumerable<string> Parts(string text, int room)
    {
        if (text.StartsWith("//", StringComparison.Ordinal))
            return Comment(text, room);
        int comment = text.IndexOf(" // ", StringComparison.Ordinal);
        return comment < 0 ? Code(text, room) : [.. Comment(text.Substring(comment + 1), room), .. Code(text.Substring(0, comment), room)];
    }

    private static IEnumerable<string> Comment(string text, int room)
    {
        const string Open = "/// <summary>", Close = "</summary>";
        if (text.StartsWith(Open, StringComparison.Ordinal) && text.EndsWith(Close, StringComparison.Ordinal))
        {
            string summary = "/// " + text.Substring(Open.Length, text.Length - Open.Length - Close.Length);
            return [Open, .. Words(summary, "/// ", room), "/// " + Close];
        }

        return Words(text, text.StartsWith("///", StringComparison.Ordinal) ? "/// " : "// ", room);
    }

    private static IEnumerable<string> Words(string text, string prefix, int room)
    {
        while (text.Length > room)
        {
            // Between the parts of a list rather than within one.
            int dot = text.LastIndexOf(Separator, room, StringComparison.Ordinal), space = dot > 0 ? dot : text.LastIndexOf(' ', room);
            if (space < prefix.Length)
                break;
            yield return text.Substring(0, space);
            text = prefix + text.Substring(dot > 0 ? dot + Separator.Length : space + 1);
        }

        yield return text;
    }

    private static IEnumerable<string> Code(string text, int room)
    {
        string margin = "";
        while (margin.Length + text.Length > room)
        {
            if (PlaceOf(text, room - margin.Length, room - margin.Length - Step) is { At: > 0 } place)
            {
                yield return margin + text.Substring(0, place.At).TrimEnd();
                text = text.Substring(place.At).TrimStart();

                // What is broken within brackets once more goes in by a step more.
                if (margin.Length == 0 || place.Depth > 0)
                    margin += new string(' ', Step);
            }
            else if (SpaceInLiteral(text, room - margin.Length - 1) is > 0 and int space)
            {
                yield return margin + text.Substring(0, space) + "\"";
                if (!text.StartsWith("+ ", StringComparison.Ordinal))
                    margin += new string(' ', Step);
                text = "+ \"" + text.Substring(space);
            }
            else
            {
                break;
            }
        }

        yield return margin + text;
    }

    // Where to break: as far out of all brackets as can be, and there so that two lines are enough, else as late as can be.
    private static Place PlaceOf(string text, int room, int roomOfRest)
    {
        Place best = default;
        int depth = 0;
        for (int at = 0; at < room; at++)
        {
            switch (text[at])
            {
                case '"':
                    at = EndOfLiteral(text, at);
                    break;
                case '(' or '[' or '{':
                    depth++;

                    // Behind what is called; not behind a keyword or a cast.
                    if (text[at] == '(' && at > 0 && (char.IsLetterOrDigit(text[at - 1]) || text[at - 1] is '_' or '>'))
                        Consider(new Place(at + 1, depth, 0));
                    break;
                case ')' or ']' or '}':
                    depth--;
                    break;
                case ',' when at + 1 < text.Length && text[at + 1] == ' ':
                    Consider(new Place(at + 2, depth, 1));
                    break;
                case ' ' when at + 1 < text.Length && OperatorStarts.IndexOf(text[at + 1]) >= 0:
                    int rank = OperatorAt(text, at);
                    if (rank >= 0)
                        Consider(new Place(rank < 2 ? at + s_operators[rank].Length : at + 1, depth, rank + 2));
                    break;
            }
        }

        return best;

        void Consider(Place place)
        {
            if (place.At <= room && (best.At == 0 || Key(place).CompareTo(Key(best)) < 0))
                best = place;
        }

        (int, bool, int, int) Key(Place place) => (place.Depth, text.Length - place.At > roomOfRest, place.Rank, -place.At);
    }

    private static int OperatorAt(string text, int at)
    {
        int rank = s_operators.Length - 1;
        while (rank >= 0 && string.CompareOrdinal(text, at, s_operators[rank], 0, s_operators[rank].Length) != 0)
            rank--;
        return rank;
    }

    // Behind the last space in a literal before some place.
    private static int SpaceInLiteral(string text, int room)
    {
        for (int at = text.IndexOf('"'); at >= 0 && at < room; at = text.IndexOf('"', EndOfLiteral(text, at) + 1))
        {
            int end = EndOfLiteral(text, at), space = end < room ? -1 : text.LastIndexOf(' ', room - 1, room - 1 - at);
            if (space > at + 1)
                return space + 1;
            if (end + 1 >= text.Length)
                break;
        }

        return 0;
    }

    private static int EndOfLiteral(string text, int at)
    {
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\')
                at++;
        }

        return at;
    }

    // Behind which character, within how many brackets, and how tightly what is parted there belongs together.
    private readonly record struct Place(int At, int Depth, int Rank);
}
