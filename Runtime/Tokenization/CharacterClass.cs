using System;
using System.Globalization;
using System.Text;

namespace Llamalith.Tokenization;

/// <summary>What the words of pre-tokenizers are made of. Each character is of one class; some are of a narrower one as well.</summary>
[Flags]
internal enum CharacterClass : ushort
{
    /// <summary>No character: the end of the text.</summary>
    None = 0,

    /// <summary>[\p{Lu}\p{Lt}]</summary>
    Upper = 1,

    /// <summary>\p{Ll}</summary>
    Lower = 2,

    /// <summary>[\p{Lm}\p{Lo}], letters of scripts without case above all.</summary>
    Caseless = 4,

    /// <summary>\p{L}</summary>
    Letter = Upper | Lower | Caseless,

    /// <summary>\p{N}</summary>
    Number = 8,

    /// <summary>\s</summary>
    Space = 16,

    /// <summary>[\r\n], always with <see cref="Space"/>.</summary>
    LineEnd = 32,

    /// <summary>\p{P}</summary>
    Punctuation = 64,

    /// <summary>\p{S}</summary>
    Symbol = 128,

    /// <summary>[$+&lt;=&gt;^~|], always with <see cref="Symbol"/>: what is punctuation to some.</summary>
    Sign = 256,

    /// <summary>\p{M}</summary>
    Mark = 512,

    /// <summary>Whatever is left: controls, and what no one has assigned.</summary>
    Rest = 1024,

    /// <summary>[一-龥぀-ゟ゠-ヿ], always with the class that the character has besides.</summary>
    Cjk = 2048,

    /// <summary>[^\s\p{L}\p{N}]</summary>
    Other = Punctuation | Symbol | Mark | Rest,
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

    private static CharacterClass Of(int character)
    {
        CharacterClass general = CharUnicodeInfo.GetUnicodeCategory(character) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharacterClass.Upper,
            UnicodeCategory.LowercaseLetter => CharacterClass.Lower,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Caseless,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => CharacterClass.Space,
            UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
                or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
                or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation => CharacterClass.Punctuation,
            UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol
                => CharacterClass.Symbol,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => CharacterClass.Mark,
            // The one white space that is a control character and not ASCII: next line.
            _ => character == 0x85 ? CharacterClass.Space : CharacterClass.Rest,
        };
        return character is (>= 0x4E00 and <= 0x9FA5) or (>= 0x3040 and <= 0x30FF) ? general | CharacterClass.Cjk : general;
    }

    private static CharacterClass[] MakeAscii()
    {
        CharacterClass[] classes = new CharacterClass[128];
        for (int c = 0; c < classes.Length; c++)
        {
            classes[c] = c switch
            {
                '\r' or '\n' => CharacterClass.Space | CharacterClass.LineEnd,
                '\t' or '\v' or '\f' => CharacterClass.Space,
                '$' or '+' or '<' or '=' or '>' or '^' or '~' or '|' => CharacterClass.Symbol | CharacterClass.Sign,
                _ => Of(c),
            };
        }
        return classes;
    }
}
