using System;
using System.Runtime.CompilerServices;

namespace Llamalith.Generator.Emission.Text;

/// <summary>
/// An interpolated line, put together where the writer keeps it: emitted text is thousands of lines, and a string for each costs more than
/// all else that is done for them. Numbers are written in the invariant culture.
/// </summary>
[InterpolatedStringHandler]
internal readonly ref struct LineText
{
    private readonly TextBuffer _buffer;

    public LineText(int literalLength, int formattedCount, SourceWriter writer)
    {
        _ = (literalLength, formattedCount);
        _buffer = writer.Pending;
        if (!_buffer.Written.IsEmpty)
            throw new InvalidOperationException("A line is written while another is put together.");
    }

    /// <summary>The line so far.</summary>
    public ReadOnlySpan<char> Written => _buffer.Written;

    public void AppendLiteral(string text) => _buffer.Append(text.AsSpan());

    public void AppendFormatted(string? text) => _buffer.Append(text.AsSpan());

    public void AppendFormatted(long value) => _buffer.Append(Code.Int(value).AsSpan());

    public void AppendFormatted(char c) => _buffer.Append(c, 1);

    /// <summary>Names of an enum's members.</summary>
    public void AppendFormatted<T>(T value)
        where T : struct, Enum => _buffer.Append(value.ToString().AsSpan());

    public void Clear() => _buffer.Clear();
}
