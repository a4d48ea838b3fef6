using System;
using System.IO;
using System.Text;

namespace Llamalith.Cli.Output;

/// <summary>A standard stream that may be full, closed or gone at any moment.</summary>
/// <param name="inner">The stream as text.</param>
internal abstract class GuardedWriter(TextWriter inner) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (Exception e) when (IsOfTheStream(e))
        {
            Failed(e);
        }
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write(value + Environment.NewLine);

    /// <inheritdoc/>
    public override void Flush()
    {
        try
        {
            inner.Flush();
        }
        catch (Exception e) when (IsOfTheStream(e))
        {
            Failed(e);
        }
    }

    /// <summary>What follows where something could not be written.</summary>
    protected abstract void Failed(Exception reason);

    // Of a closed descriptor the framework says that access is denied.
    private static bool IsOfTheStream(Exception e) => e is IOException or UnauthorizedAccessException or ObjectDisposedException;
}
