using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Llamalith.Tokenization;

/// <summary>
/// Makes well-formed text of bytes that come in pieces. A character is given out when its last byte has come, never in parts;
/// bytes that are no UTF-8 become U+FFFD, one for each longest piece that could have begun a character.
/// </summary>
public sealed class Utf8StreamDecoder
{
    private HeldBytes _held;
    private int _heldCount;

    /// <summary>Number of bytes held back because their character is not complete yet, 0 to 3.</summary>
    public int HeldBack => _heldCount;

    /// <summary>The most bytes that appending so many, or flushing after them, can give out.</summary>
    public static int MaxOutput(int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteCount, Array.MaxLength / 3 - 3);
        return 3 * (byteCount + 3);
    }

    /// <summary>Takes the next bytes and writes what is complete as well-formed UTF-8.</summary>
    /// <param name="bytes">Any bytes.</param>
    /// <param name="output">Room for <see cref="MaxOutput"/> of them; must not overlap them.</param>
    /// <returns>Number of bytes written.</returns>
    /// <exception cref="ArgumentException">The output is too short.</exception>
    public int Append(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        if (_heldCount == 0 && bytes.Length <= output.Length && Utf8.IsValid(bytes))
        {
            bytes.CopyTo(output);
            return bytes.Length;
        }
        return AppendSlowly(bytes, output);
    }

    /// <summary>Takes the next bytes and returns the text that is complete.</summary>
    public string Append(ReadOnlySpan<byte> bytes)
    {
        if (_heldCount == 0 && Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxOutput(bytes.Length));
        try
        {
            return Encoding.UTF8.GetString(buffer.AsSpan(0, AppendSlowly(bytes, buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Ends the text: writes U+FFFD for a character whose last bytes never came.</summary>
    /// <returns>Number of bytes written, 0 or 3.</returns>
    /// <exception cref="ArgumentException">The output is shorter than 3 bytes, and they are needed.</exception>
    public int Flush(Span<byte> output)
    {
        if (_heldCount == 0)
            return 0;
        Replacement.CopyTo(output);
        _heldCount = 0;
        return Replacement.Length;
    }

    /// <summary>Ends the text: U+FFFD for a character whose last bytes never came, else nothing.</summary>
    public string Flush()
    {
        if (_heldCount == 0)
            return "";
        _heldCount = 0;
        return "\uFFFD";
    }

    private static ReadOnlySpan<byte> Replacement => "\uFFFD"u8;

    private int AppendSlowly(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        if (output.Length < MaxOutput(bytes.Length))
        {
            throw new ArgumentException(
                $"The output has room for {output.Length} bytes, but {bytes.Length} bytes may need {MaxOutput(bytes.Length)}.",
                nameof(output));
        }

        int written = 0;
        while (_heldCount > 0 && !bytes.IsEmpty)
        {
            _held[_heldCount] = bytes[0];
            Span<byte> character = ((Span<byte>)_held)[..(_heldCount + 1)];
            switch (Rune.DecodeFromUtf8(character, out _, out _))
            {
                case OperationStatus.Done:
                    character.CopyTo(output[written..]);
                    written += character.Length;
                    bytes = bytes[1..];
                    _heldCount = 0;
                    break;
                case OperationStatus.NeedMoreData:
                    bytes = bytes[1..];
                    _heldCount++;
                    break;
                default:
                    // What was held is the bad part; the new byte begins afresh.
                    Replacement.CopyTo(output[written..]);
                    written += Replacement.Length;
                    _heldCount = 0;
                    break;
            }
        }
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out _, out int length);
            ReadOnlySpan<byte> character = bytes[..length];
            bytes = bytes[length..];
            if (status == OperationStatus.NeedMoreData)
            {
                character.CopyTo(_held);
                _heldCount = length;
                break;
            }
            ReadOnlySpan<byte> text = status == OperationStatus.Done ? character : Replacement;
            text.CopyTo(output[written..]);
            written += text.Length;
        }
        return written;
    }

    /// <summary>Room for the longest character.</summary>
    [InlineArray(4)]
    private struct HeldBytes
    {
        private byte _first;
    }
}
