using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace Llamalith.Cli.Texts;

/// <summary>Backslash sequences in texts from a command line, where a line's end is hard to write.</summary>
internal static class TextEscapes
{
    /// <summary>Lists them, for messages and help.</summary>
    public const string Known = @"\n, \r, \t, \0, \\, \', \"", \xHH (a byte), \uHHHH and \UHHHHHHHH (a character)";

    private const int ByteDigits = 2, ShortDigits = 4, LongDigits = 8;

    /// <summary>Puts what they stand for in their place.</summary>
    /// <exception cref="CliException">A backslash begins none of them, or the bytes that were written are no UTF-8.</exception>
    public static string Replace(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;

        // As bytes, since \xC3\xA9 is one character.
        ArrayBufferWriter<byte> utf8 = new(text.Length);
        int done = 0;
        while (text.IndexOf('\\', done) is >= 0 and var at)
        {
            Encoding.UTF8.GetBytes(text.AsSpan(done, at - done), utf8);
            done = at + ReplaceOne(text, at, utf8);
        }

        Encoding.UTF8.GetBytes(text.AsSpan(done), utf8);
        return TextFile.Decode(utf8.WrittenSpan, "What the escapes stand for");
    }

    // Writes what the sequence at an index stands for and gives its length.
    private static int ReplaceOne(string text, int at, ArrayBufferWriter<byte> utf8)
    {
        char kind = at + 1 < text.Length ? text[at + 1] : '\0';
        int digits = kind switch { 'x' => ByteDigits, 'u' => ShortDigits, 'U' => LongDigits, _ => 0 };
        if (digits == 0)
        {
            utf8.Write([Plain(kind) ?? throw Unknown(text, at, 2)]);
            return 2;
        }

        int length = 2 + digits;
        if (at + length > text.Length
            || !uint.TryParse(text.AsSpan(at + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value))
        {
            throw Unknown(text, at, length);
        }

        if (kind == 'x')
        {
            utf8.Write([(byte)value]);
            return length;
        }

        if (!Rune.TryCreate(value, out Rune rune))
            throw Unknown(text, at, length);
        Span<byte> bytes = utf8.GetSpan(4);
        utf8.Advance(rune.EncodeToUtf8(bytes));
        return length;
    }

    private static byte? Plain(char kind) => kind switch
    {
        'n' => (byte)'\n',
        'r' => (byte)'\r',
        't' => (byte)'\t',
        '0' => 0,
        '\\' or '\'' or '"' => (byte)kind,
        _ => null,
    };

    private static CliException Unknown(string text, int at, int length) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"-e: '{text.AsSpan(at, Math.Min(length, text.Length - at))}' at character {at + 1} is no escape; they are {Known}."));
}
