using System;

namespace Llamalith.Tokenization;

/// <summary>
/// SentencePiece writes a space as U+2581, a lower block. Here a space is a space: pieces and texts are translated when they
/// come in, so that they still compare equal.
/// </summary>
internal static class Spaces
{
    private static ReadOnlySpan<byte> Meta => "\u2581"u8;

    /// <summary>Turns each U+2581 of a text into a space, in place; returns the part of it that is left.</summary>
    public static Span<byte> FromMeta(Span<byte> text)
    {
        int read = text.IndexOf(Meta);
        if (read < 0)
            return text;
        int write = read;
        while (true)
        {
            text[write++] = (byte)' ';
            read += Meta.Length;
            int run = text[read..].IndexOf(Meta);
            Span<byte> between = run < 0 ? text[read..] : text.Slice(read, run);
            between.CopyTo(text[write..]);
            write += between.Length;
            read += between.Length;
            if (run < 0)
                return text[..write];
        }
    }
}
