using System;

namespace Llamalith.Tokenization;

/// <summary>
/// The words of GPT-4o (o200k), Llama 4 and Mistral's tekken, which end where capital letters follow small ones:
/// <code>
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// </code>
/// Tekken has no contractions, and each digit stands by itself.
/// </summary>
internal static class CasedWords
{
    private const CharacterClass Both = CharacterClass.Caseless | CharacterClass.Mark;
    private const CharacterClass Capitals = CharacterClass.Upper | Both;
    private const CharacterClass Smalls = CharacterClass.Lower | Both;

    /// <summary>The length in bytes of the word that a text begins with.</summary>
    public static int Next(ReadOnlySpan<byte> text, int mostDigits, bool contractions)
    {
        CharacterClass first = CharacterClasses.At(text, 0, out int length);
        if (first == CharacterClass.Number)
            return WordScanner.EndOfDigits(text, mostDigits);
        if (EndOfLetters(text, first, length) is > 0 and int end)
            return contractions ? end + WordScanner.LengthOfContraction(text[end..], ignoreCase: true) : end;
        int start = text[0] == (byte)' ' ? 1 : 0;
        if ((CharacterClasses.At(text, start, out _) & CharacterClass.Other) != 0)
            return EndOfLines(text, WordScanner.EndOfRun(text, start, CharacterClass.Other));
        return WordScanner.LengthOfSpaces(text, CharacterClass.None, toLastLineEnd: true);
    }

    /// <summary>Where the letters end that a text begins with, perhaps after another character; 0 where it begins with none.</summary>
    private static int EndOfLetters(ReadOnlySpan<byte> text, CharacterClass first, int length)
    {
        bool mayPrecede = (first & (CharacterClass.Letter | CharacterClass.Number | CharacterClass.LineEnd)) == 0;
        bool isLetter = (first & (CharacterClass.Letter | CharacterClass.Mark)) != 0;
        int end = mayPrecede ? EndOfSmalls(text, length) : 0;
        if (end == 0 && isLetter)
            end = EndOfSmalls(text, 0);
        if (end == 0 && mayPrecede && (CharacterClasses.At(text, length, out _) & Capitals) != 0)
            end = WordScanner.EndOfRun(text, length, Capitals);
        if (end == 0 && isLetter)
            end = WordScanner.EndOfRun(text, 0, Capitals);
        return end;
    }

    /// <summary>
    /// Where capital letters end with the small ones after them; 0 where there are no small ones. A letter without case is both: where none
    /// follows the capitals, the last of those within them is taken for a small one.
    /// </summary>
    private static int EndOfSmalls(ReadOnlySpan<byte> text, int start)
    {
        int end = start, afterBoth = 0;
        CharacterClass next;
        while (((next = CharacterClasses.At(text, end, out int length)) & Capitals) != 0)
        {
            end += length;
            if ((next & Both) != 0)
                afterBoth = end;
        }
        return (next & Smalls) != 0 ? WordScanner.EndOfRun(text, end, Smalls) : afterBoth;
    }

    private static int EndOfLines(ReadOnlySpan<byte> text, int end)
    {
        while (end < text.Length && text[end] is (byte)'\r' or (byte)'\n' or (byte)'/')
            end++;
        return end;
    }
}
