using System;
using System.Globalization;
using System.Text;

namespace Llamalith.Tokenization;

/// <summary>What the words of pre-tokenizers are made of. Each character is of one class; line ends are white space, too.</summary>
[Flags]
internal enum CharacterClass : byte
{
    /// <summary>No character: the end of the text.</summary>
    None = 0,

    /// <summary>\p{L}</summary>
    Letter = 1,

    /// <summary>\p{N}</summary>
    Number = 2,

    /// <summary>\s</summary>
    Space = 4,

    /// <summary>[\r\n], always with <see cref="Space"/>.</summary>
    LineEnd = 8,

    /// <summary>[\p{P}$+&lt;=&gt;^~|]</summary>
    Punctuation = 16,

    /// <summary>Whatever is left: symbols, marks, controls.</summary>
    Symbol = 32,

    /// <summary>[^\s\p{L}\p{N}]</summary>
    Other = Punctuation | Symbol,
}

/// <summary>Classes of characters, by Unicode's categories.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] s_ascii = MakeAscii();

    /// <summary>The class of the character that begins at a byte of well-formed UTF-8; none at the end of the text.</summary>
    public static CharacterClass At(ReadOnlySpan<byte> text, int at, out int length)
    {
        if ((uint)at >= (uint)text.Length)
        {
            length = 0;
            return CharacterClass.None;
        }
        byte lead = text[at];
        if (lead < s_ascii.Length)
        {
            length = 1;
            return s_ascii[lead];
        }
        Rune.DecodeFromUtf8(text[at..], out Rune character, out length);
        return Of(character.Value);
    }

    private static CharacterClass Of(int character) => CharUnicodeInfo.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => CharacterClass.Space,
        UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
            or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation => CharacterClass.Punctuation,
        // The one white space that is a control character and not ASCII: next line.
        _ => character == 0x85 ? CharacterClass.Space : CharacterClass.Symbol,
    };

    private static CharacterClass[] MakeAscii()
    {
        CharacterClass[] classes = new CharacterClass[128];
        for (int c = 0; c < classes.Length; c++)
        {
            classes[c] = c switch
            {
                '\r' or '\n' => CharacterClass.Space | CharacterClass.LineEnd,
                '\t' or '\v' or '\f' => CharacterClass.Space,
                '$' or '+' or '<' or '=' or '>' or '^' or '~' or '|' => CharacterClass.Punctuation,
                _ => Of(c),
            };
        }
        return classes;
    }
}
