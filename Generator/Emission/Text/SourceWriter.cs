using System;
using System.Runtime.CompilerServices;

namespace Llamalith.Generator.Emission.Text;

/// <summary>Writes C# with indentation and LF line ends, so that output is the same on every machine.</summary>
internal sealed class SourceWriter
{
    private readonly TextBuffer _text = new();
    private int _indent;

    /// <summary>Where a line is put together.</summary>
    public TextBuffer Pending { get; } = new();

    /// <summary>Which of the short names in <see cref="Aliases"/> were written.</summary>
    public bool[] UsedAliases { get; } = Aliases.NoneUsed();

    /// <summary>
    /// Writes one or more lines at the current indentation. An empty string is an empty line; what is too wide is broken.
    /// </summary>
    public void Line(string text = "") => Lines(text.AsSpan());

    /// <summary>The same of a text with values in it, which becomes no string of its own.</summary>
    public void Line([InterpolatedStringHandlerArgument("")] ref LineText text)
    {
        Lines(text.Written);
        text.Clear();
    }

    private void Lines(ReadOnlySpan<char> text)
    {
        while (true)
        {
            int end = text.IndexOf('\n');
            ReadOnlySpan<char> line = end < 0 ? text : text.Slice(0, end);

            // Where the compiler's own source has other ends of lines.
            if (line.Length > 0 && line[line.Length - 1] == '\r')
                line = line.Slice(0, line.Length - 1);
            Aliases.Mark(UsedAliases, line);
            if (line.Length + (_indent * 4) <= LineBreaks.Columns)
            {
                Append(line);
            }
            else
            {
                foreach (string part in LineBreaks.Fit(line.ToString(), _indent * 4))
                    Append(part.AsSpan());
            }

            if (end < 0)
                return;
            text = text.Slice(end + 1);
        }
    }

    private void Append(ReadOnlySpan<char> line)
    {
        if (!line.IsEmpty)
        {
            _text.Append(' ', _indent * 4);
            _text.Append(line);
        }

        _text.Append('\n', 1);
    }

    /// <summary>Writes an optional head, then a brace block around what <paramref name="body"/> writes.</summary>
    public void Block(string head, Action body)
    {
        if (head.Length > 0)
            Line(head);
        Line("{");
        _indent++;
        body();
        _indent--;
        Line("}");
    }

    /// <summary>
    /// Writes a method. Whether the consumer's project checks for overflow changes nothing of what it computes, and costs nothing.
    /// </summary>
    public void Method(string head, Action body) => Block(head, () => Block("unchecked", body));

    /// <summary>Writes a method that the JIT is to compile at once and in full.</summary>
    public void HotMethod(string head, Action body)
    {
        Line("[@MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        Method(head, body);
    }

    /// <summary>Writes a head and one indented statement.</summary>
    public void Nested(string head, string statement)
    {
        Line(head);
        _indent++;
        Line(statement);
        _indent--;
    }

    /// <summary>All that was written, behind a head, with which both end.</summary>
    public string After(SourceWriter head)
    {
        head._text.Append(_text.Written);
        Finish();
        return head.Finish();
    }

    /// <summary>All that was written, with which the writer ends.</summary>
    public string Finish()
    {
        Pending.Free();
        return _text.Take();
    }
}
