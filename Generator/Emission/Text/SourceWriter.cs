using System;
using System.Text;

namespace Llamalith.Generator.Emission.Text;

/// <summary>Writes C# with indentation and LF line ends, so that output is the same on every machine.</summary>
internal sealed class SourceWriter
{
    private readonly StringBuilder _text = new();
    private int _indent;

    /// <summary>Which of the short names in <see cref="Aliases"/> were written.</summary>
    public bool[] UsedAliases { get; } = Aliases.NoneUsed();

    /// <summary>
    /// Writes one or more lines at the current indentation. An empty string is an empty line; what is too wide is broken.
    /// </summary>
    public void Line(string text = "")
    {
        if (text.IndexOf('\r') >= 0)
            text = text.Replace("\r", "");
        int begin = 0;
        while (begin <= text.Length)
        {
            int end = text.IndexOf('\n', begin);
            if (end < 0)
                end = text.Length;
            Aliases.Mark(UsedAliases, text, begin, end);
            if (end - begin + (_indent * 4) <= LineBreaks.Columns)
            {
                Append(text, begin, end);
            }
            else
            {
                foreach (string part in LineBreaks.Fit(text.Substring(begin, end - begin), _indent * 4))
                    Append(part, 0, part.Length);
            }

            begin = end + 1;
        }
    }

    private void Append(string text, int begin, int end)
    {
        if (end > begin)
            _text.Append(' ', _indent * 4).Append(text, begin, end - begin);
        _text.Append('\n');
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

    /// <summary>All that was written, behind a head: texts are long enough that copying them costs as much as writing them.</summary>
    public string After(SourceWriter head) => _text.Insert(0, head.ToString()).ToString();

    public override string ToString() => _text.ToString();
}
