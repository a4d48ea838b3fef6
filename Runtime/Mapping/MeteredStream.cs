using System;
using System.IO;

namespace Llamalith.Mapping;

/// <summary>Lets a callback write exactly so many bytes to a stream that is not its own.</summary>
internal sealed class MeteredStream(Stream inner, long length, string name) : Stream
{
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => length;

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    public void EnsureFull()
    {
        if (_written != length)
            throw new InvalidOperationException($"{name} has {length} bytes, but only {_written} were written.");
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > length - _written)
            throw new InvalidOperationException($"{name} has {length} bytes, but {_written + buffer.Length} or more were written.");
        inner.Write(buffer);
        _written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
