using System;
using System.Buffers;
using System.IO;
using System.Text;

namespace Llamalith.Generation;

/// <summary>
/// Text as it is made. A slow model's tokens appear one by one; of a fast one's, those of a few milliseconds are written together,
/// since a write for each would cost more than the token.
/// </summary>
public sealed class StreamedText
{
    private const long MillisecondsBetweenWrites = 4;

    private readonly ArrayBufferWriter<char> _held = new(1024);
    private readonly TextWriter _output;
    private readonly bool _dropControls;
    private long _lastWrite;

    /// <summary>Makes one.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="dropControls">Whether control characters other than white space are left out: where a terminal shows the text, they
    /// would command it.</param>
    public StreamedText(TextWriter output, bool dropControls)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
        _dropControls = dropControls;
    }

    /// <summary>Writes whole characters of UTF-8, soon.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Write(ReadOnlySpan<byte> utf8)
    {
        // Never more units of UTF-16 than bytes.
        Span<char> room = _held.GetSpan(utf8.Length + 1);
        int kept = 0;
        foreach (char c in room[..Encoding.UTF8.GetChars(utf8, room)])
        {
            if (!_dropControls || !char.IsControl(c) || char.IsWhiteSpace(c))
                room[kept++] = c;
        }

        _held.Advance(kept);
        if (Environment.TickCount64 - _lastWrite >= MillisecondsBetweenWrites)
            Flush();
    }

    /// <summary>Writes what has gathered, now.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Flush()
    {
        _output.Write(_held.WrittenSpan);
        _output.Flush();
        _held.ResetWrittenCount();
        _lastWrite = Environment.TickCount64;
    }
}
