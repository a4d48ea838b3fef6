using System;

namespace Llamalith.Tokenization;

/// <summary>
/// The words of DeepSeek V3 and R1: <c>\p{N}{1,3}</c> is cut out first, then <c>[一-龥぀-ゟ゠-ヿ]+</c>, then of what these are and what lies
/// between them
/// <code>
/// [!"#$%&amp;'()*+,\-./:;&lt;=&gt;?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+
/// | ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// </code>
/// </summary>
internal static class DeepSeekWords
{
    private const CharacterClass Letters = CharacterClass.Letter | CharacterClass.Mark;
    private const CharacterClass Signs = CharacterClass.Punctuation | CharacterClass.Symbol;

    /// <summary>The length in bytes of the word that a text begins with.</summary>
    public static int Next(ReadOnlySpan<byte> text)
    {
        CharacterClass first = CharacterClasses.At(text, 0, out _);
        if (first == CharacterClass.Number)
            return WordScanner.EndOfDigits(text, 3);
        return NextWithin(text, new Stretch((first & CharacterClass.Cjk) != 0));
    }

    private static int NextWithin(ReadOnlySpan<byte> text, Stretch stretch)
    {
        CharacterClass first = stretch.At(text, 0, out int length);
        if ((first & Letters) != 0)
            return stretch.EndOfRun(text, length, Letters);
        if (length == 1 && (first & Signs) != 0 && text.Length > 1 && char.IsAsciiLetter((char)text[1]))
            return EndOfAsciiLetters(text);
        if ((first & (CharacterClass.LineEnd | Signs)) == 0 && (stretch.At(text, length, out _) & Letters) != 0)
            return stretch.EndOfRun(text, length, Letters);
        int start = text[0] == (byte)' ' ? 1 : 0;
        if ((stretch.At(text, start, out _) & Signs) != 0)
            return stretch.EndOfRun(text, stretch.EndOfRun(text, start, Signs), CharacterClass.LineEnd);
        return (first & CharacterClass.Space) != 0
            ? WordScanner.LengthOfSpaces(text, CharacterClass.Number | CharacterClass.Cjk, toLastLineEnd: true)
            : EndOfRest(text, length, stretch);
    }

    private static int EndOfAsciiLetters(ReadOnlySpan<byte> text)
    {
        int end = 1;
        while (end < text.Length && char.IsAsciiLetter((char)text[end]))
            end++;
        return end;
    }

    /// <summary>Where characters end that are part of no word: they stand together up to one that a word begins with.</summary>
    private static int EndOfRest(ReadOnlySpan<byte> text, int end, Stretch stretch)
    {
        while (stretch.At(text, end, out int length) == CharacterClass.Rest && (stretch.At(text, end + length, out _) & Letters) == 0)
            end += length;
        return end;
    }

    /// <summary>
    /// The text up to where the first two expressions cut it: of Chinese and Japanese characters, or of neither those nor digits.
    /// </summary>
    private readonly struct Stretch(bool isCjk)
    {
        /// <summary>The class of a character; none outside the stretch.</summary>
        public CharacterClass At(ReadOnlySpan<byte> text, int at, out int length)
        {
            CharacterClass found = CharacterClasses.At(text, at, out length);
            bool within = isCjk ? (found & CharacterClass.Cjk) != 0 : (found & (CharacterClass.Cjk | CharacterClass.Number)) == 0;
            return within ? found & ~CharacterClass.Cjk : CharacterClass.None;
        }

        public int EndOfRun(ReadOnlySpan<byte> text, int start, CharacterClass classes)
        {
            int end = start;
            while ((At(text, end, out int length) & classes) != 0)
                end += length;
            return end;
        }
    }
}
