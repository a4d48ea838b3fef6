using System;

namespace Llamalith.Tokenization;

/// <summary>
/// How byte-level vocabularies write bytes as characters: those that print in Latin-1 as themselves, the others, in order, from
/// U+0100 on. A space is U+0120.
/// </summary>
internal static class ByteLevel
{
    private static readonly char[] s_characters = MakeCharacters();
    private static readonly short[] s_bytes = MakeBytes();

    /// <summary>The bytes that a name stands for; false where one of its characters stands for none.</summary>
    /// <param name="name">The name.</param>
    /// <param name="bytes">Room for a byte for each character.</param>
    public static bool TryDecode(ReadOnlySpan<char> name, Span<byte> bytes)
    {
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] >= s_bytes.Length || s_bytes[name[i]] < 0)
                return false;
            bytes[i] = (byte)s_bytes[name[i]];
        }
        return true;
    }

    /// <summary>The name that stands for bytes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => string.Create(bytes.Length, bytes, static (name, bytes) =>
    {
        for (int i = 0; i < name.Length; i++)
            name[i] = s_characters[bytes[i]];
    });

    private static char[] MakeCharacters()
    {
        char[] characters = new char[256];
        char next = '\u0100';
        for (int b = 0; b < characters.Length; b++)
            characters[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : next++;
        return characters;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[0x100 + 256];
        bytes.AsSpan().Fill(-1);
        for (int b = 0; b < s_characters.Length; b++)
            bytes[s_characters[b]] = (short)b;
        return bytes;
    }
}
