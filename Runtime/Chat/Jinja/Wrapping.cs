using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>Breaks a line into shorter ones as Python's textwrap does.</summary>
internal static class Wrapping
{
    public static List<object?> Wrap(Run run, Text line, int width, bool breakLongWords, bool breakOnHyphens)
    {
        List<(int Start, int End)> chunks = Chunks(line.Value, breakOnHyphens);
        List<object?> lines = [];
        int at = 0;
        while (at < chunks.Count)
        {
            run.Step();
            // A line that is not the first begins without white space.
            if (lines.Count > 0 && IsSpace(line.Value, chunks[at]) && ++at == chunks.Count)
                break;
            int start = chunks[at].Start, end = start, length = 0;
            while (at < chunks.Count)
            {
                int more = line.CodePointOf(chunks[at].End) - line.CodePointOf(chunks[at].Start);
                if (length + more <= width)
                {
                    length += more;
                    end = chunks[at++].End;
                    continue;
                }
                if (more > width && (breakLongWords || length == 0))
                {
                    int stop = breakLongWords ? line.UnitOf(line.CodePointOf(chunks[at].Start) + width - length) : chunks[at].End;
                    end = stop;
                    if (stop == chunks[at].End)
                        at++;
                    else
                        chunks[at] = (stop, chunks[at].End);
                }
                break;
            }
            while (end > start && Lexer.IsSpace(line.Value[end - 1]))
                end--;
            if (end > start)
                lines.Add(line.Slice(start, end));
        }
        return lines;
    }

    private static bool IsSpace(string text, (int Start, int End) chunk) => Lexer.IsSpace(text[chunk.Start]);

    private static List<(int Start, int End)> Chunks(string text, bool breakOnHyphens)
    {
        List<(int, int)> chunks = [];
        int start = 0;
        for (int i = 1; i <= text.Length; i++)
        {
            bool changes = i == text.Length || Lexer.IsSpace(text[i]) != Lexer.IsSpace(text[i - 1]);
            bool hyphen = breakOnHyphens && i < text.Length && i - 2 >= start && text[i - 1] == '-' && char.IsLetter(text[i - 2])
                && char.IsLetter(text[i]);
            if (!changes && !hyphen)
                continue;
            chunks.Add((start, i));
            start = i;
        }
        return chunks;
    }
}
