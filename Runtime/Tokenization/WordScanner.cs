using System;
using System.Diagnostics;

namespace Llamalith.Tokenization;

/// <summary>
/// Cuts a text into the words of a pre-tokenizer, which are published as regular expressions; here each is a scanner that looks at
/// every character a constant number of times, whatever the text.
/// </summary>
internal static class WordScanner
{
    /// <summary>[\p{P}$+&lt;=&gt;^~|]</summary>
    private const CharacterClass Marks = CharacterClass.Punctuation | CharacterClass.Sign;

    /// <summary>The length in bytes of the word that a text begins with.</summary>
    /// <param name="kind">Whose words.</param>
    /// <param name="text">Well-formed UTF-8, at least one character of it, from the end of the word before to the end of the text.</param>
    public static int Next(PreTokenizer kind, ReadOnlySpan<byte> text) => kind switch
    {
        PreTokenizer.Default => NextDefault(text),
        PreTokenizer.Gpt2 => NextGpt2(text, CharacterClass.None),
        PreTokenizer.Llama3 => NextLlama3(text, CharacterClass.Letter, mostDigits: 3),
        PreTokenizer.SmolLM => NextSmolLM(text),
        PreTokenizer.Qwen2 => NextLlama3(text, CharacterClass.Letter, mostDigits: 1),
        PreTokenizer.Qwen35 => NextLlama3(text, CharacterClass.Letter | CharacterClass.Mark, mostDigits: 1),
        PreTokenizer.Gpt4o => CasedWords.Next(text, mostDigits: 3, contractions: true),
        PreTokenizer.Tekken => CasedWords.Next(text, mostDigits: 1, contractions: false),
        PreTokenizer.DeepSeek3 => DeepSeekWords.Next(text),
        PreTokenizer.SentencePiece => text.Length,
        _ => throw new UnreachableException(),
    };

    // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
    // Where marks count as letters, [\p{L}\p{M}]+ and [^\s\p{L}\p{M}\p{N}]+ are meant.
    private static int NextLlama3(ReadOnlySpan<byte> text, CharacterClass letters, int mostDigits)
    {
        CharacterClass first = CharacterClasses.At(text, 0, out int length);
        if ((first & letters) != 0)
            return EndOfRun(text, length, letters);
        if (first == CharacterClass.Number)
            return EndOfDigits(text, mostDigits);
        if (LengthOfContraction(text, ignoreCase: true) is > 0 and int contraction)
            return contraction;
        if ((first & CharacterClass.LineEnd) == 0 && (CharacterClasses.At(text, length, out _) & letters) != 0)
            return EndOfRun(text, length, letters);
        CharacterClass others = CharacterClass.Other & ~letters;
        int start = text[0] == (byte)' ' ? 1 : 0;
        if ((CharacterClasses.At(text, start, out _) & others) != 0)
            return EndOfRun(text, EndOfRun(text, start, others), CharacterClass.LineEnd);
        return LengthOfSpaces(text, CharacterClass.None, toLastLineEnd: true);
    }

    // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+, as if the text ended before characters that stop it
    private static int NextGpt2(ReadOnlySpan<byte> text, CharacterClass stop)
    {
        if (LengthOfContraction(text, ignoreCase: false) is > 0 and int contraction)
            return contraction;
        int start = text[0] == (byte)' ' ? 1 : 0;
        CharacterClass kind = Before(CharacterClasses.At(text, start, out int length), stop);
        CharacterClass run =
            (kind & CharacterClass.Letter) != 0 ? CharacterClass.Letter : kind & (CharacterClass.Number | CharacterClass.Other);
        if (run == CharacterClass.None)
            return LengthOfSpaces(text, stop, toLastLineEnd: false);
        if ((run & CharacterClass.Other) != 0)
            run = CharacterClass.Other;
        int end = start + length;
        while ((Before(CharacterClasses.At(text, end, out length), stop) & run) != 0)
            end += length;
        return end;
    }

    // \p{N} is cut out first, then GPT-2's words between.
    private static int NextSmolLM(ReadOnlySpan<byte> text) =>
        CharacterClasses.At(text, 0, out int length) == CharacterClass.Number ? length : NextGpt2(text, CharacterClass.Number);

    // [\p{P}$+<=>^~|]+ is cut out first, then GPT-2's words, then of these \p{N}+, then of these [0-9][0-9][0-9].
    private static int NextDefault(ReadOnlySpan<byte> text)
    {
        CharacterClass first = CharacterClasses.At(text, 0, out int length);
        if ((first & Marks) != 0)
            return EndOfRun(text, length, Marks);
        if (first == CharacterClass.Number)
            return LengthOfDigits(text);
        if (text[0] == (byte)' ' && CharacterClasses.At(text, 1, out _) == CharacterClass.Number)
            return 1;
        return NextGpt2(text, Marks);
    }

    /// <summary>The class of a character; none where it is one that stops the text.</summary>
    private static CharacterClass Before(CharacterClass kind, CharacterClass stop) => (kind & stop) != 0 ? CharacterClass.None : kind;

    /// <summary>Where digits end, of whose ASCII ones each three in a row are a word.</summary>
    private static int LengthOfDigits(ReadOnlySpan<byte> text)
    {
        int end = 0;
        while (CharacterClasses.At(text, end, out int length) == CharacterClass.Number)
        {
            if (end + 2 < text.Length && char.IsAsciiDigit((char)text[end]) && char.IsAsciiDigit((char)text[end + 1])
                && char.IsAsciiDigit((char)text[end + 2]))
            {
                return end == 0 ? 3 : end;
            }

            end += length;
        }
        return end;
    }

    /// <summary>Where the first so many digits end.</summary>
    internal static int EndOfDigits(ReadOnlySpan<byte> text, int most)
    {
        int end = 0;
        for (int digits = 0; digits < most && CharacterClasses.At(text, end, out int length) == CharacterClass.Number; digits++)
            end += length;
        return end;
    }

    /// <summary>Where the characters of some classes end that begin at a byte.</summary>
    internal static int EndOfRun(ReadOnlySpan<byte> text, int start, CharacterClass classes)
    {
        int end = start;
        while ((CharacterClasses.At(text, end, out int length) & classes) != 0)
            end += length;
        return end;
    }

    /// <summary>
    /// How much of the white space that a text begins with is one word: up to its last line end, if wanted and there; else all but
    /// the last character, which belongs to what follows; all of it where nothing follows or where it is one character.
    /// </summary>
    internal static int LengthOfSpaces(ReadOnlySpan<byte> text, CharacterClass stop, bool toLastLineEnd)
    {
        int end = 0, last = 0, afterLineEnd = 0;
        CharacterClass next;
        while (((next = CharacterClasses.At(text, end, out int length)) & CharacterClass.Space) != 0)
        {
            last = end;
            end += length;
            if ((next & CharacterClass.LineEnd) != 0)
                afterLineEnd = end;
        }
        if (toLastLineEnd && afterLineEnd > 0)
            return afterLineEnd;
        bool atEnd = Before(next, stop) == CharacterClass.None;
        return atEnd || last == 0 ? end : last;
    }

    /// <summary>The length of 's, 't, 're, 've, 'm, 'll or 'd; 0 where the text begins with none.</summary>
    internal static int LengthOfContraction(ReadOnlySpan<byte> text, bool ignoreCase)
    {
        if (text.Length < 2 || text[0] != (byte)'\'')
            return 0;
        byte first = Lower(text[1]);
        if (first is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d')
            return 2;
        if (text.Length < 3)
            return 0;
        byte second = Lower(text[2]);
        if ((first, second) is ((byte)'r', (byte)'e') or ((byte)'v', (byte)'e') or ((byte)'l', (byte)'l'))
            return 3;
        // U+017F, the long s, is another case of s.
        return ignoreCase && text[1..].StartsWith("\u017F"u8) ? 3 : 0;

        byte Lower(byte c) => ignoreCase && c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;
    }
}
