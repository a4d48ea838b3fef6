using System;
using System.IO;
using System.Text;

namespace Llamalith.Stories;

/// <summary>
/// Standard output for text as it is made. A slow model's tokens appear one by one; of a fast one's, those of a few
/// milliseconds are written together, since a call for each would cost more than the token. Control characters other than
/// white space are left out, lest a token ring the bell.
/// </summary>
internal sealed class ConsoleText : IDisposable
{
    private const long MillisecondsBetweenWrites = 4;
    private const int Delete = 0x7F;

    private readonly Stream _output;
    private readonly byte[] _buffer = new byte[4096];
    private int _count;
    private long _lastWrite;

    public ConsoleText()
    {
        if (OperatingSystem.IsWindows())
            Console.OutputEncoding = Encoding.UTF8;
        _output = Console.OpenStandardOutput();
    }

    /// <summary>Writes UTF-8, soon.</summary>
    public void Write(ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            if ((b < ' ' && !char.IsWhiteSpace((char)b)) || b == Delete)
                continue;
            if (_count == _buffer.Length)
                Flush();
            _buffer[_count++] = b;
        }
        if (Environment.TickCount64 - _lastWrite >= MillisecondsBetweenWrites)
            Flush();
    }

    /// <summary>Writes what has gathered, now.</summary>
    public void Flush()
    {
        _output.Write(_buffer.AsSpan(0, _count));
        _count = 0;
        _lastWrite = Environment.TickCount64;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        _output.Dispose();
    }
}
