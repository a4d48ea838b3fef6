using System;
using System.IO;
using System.Text;

namespace Llamalith.Cli.Output;

/// <summary>
/// Text as it is made. A slow model's tokens appear one by one; of a fast one's, those of a few milliseconds are written together,
/// since a write for each would cost more than the token.
/// </summary>
/// <param name="output">Where it goes.</param>
/// <param name="isTerminal">Whether a terminal shows it, which control characters would then command.</param>
internal sealed class StreamedText(TextWriter output, bool isTerminal)
{
    private const long MillisecondsBetweenWrites = 4;

    private readonly StringBuilder _held = new();
    private long _lastWrite;

    /// <summary>Writes whole characters of UTF-8, soon.</summary>
    public void Write(ReadOnlySpan<byte> utf8)
    {
        foreach (char c in Encoding.UTF8.GetString(utf8))
        {
            if (!isTerminal || !char.IsControl(c) || char.IsWhiteSpace(c))
                _held.Append(c);
        }

        if (Environment.TickCount64 - _lastWrite >= MillisecondsBetweenWrites)
            Flush();
    }

    /// <summary>Writes what has gathered, now.</summary>
    public void Flush()
    {
        output.Write(_held);
        output.Flush();
        _held.Clear();
        _lastWrite = Environment.TickCount64;
    }
}
