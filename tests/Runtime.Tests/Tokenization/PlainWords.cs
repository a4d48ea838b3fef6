using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

/// <summary>Words by the published regular expressions, each splitting what the one before left.</summary>
internal static partial class PlainWords
{
    public static List<string> Cut(PreTokenizer kind, string text)
    {
        List<string> words = [text];
        foreach (Regex pattern in Patterns(kind))
            words = [.. words.SelectMany(word => Split(pattern, word))];
        return words;
    }

    private static Regex[] Patterns(PreTokenizer kind) => kind switch
    {
        PreTokenizer.Default => [PunctuationRun(), Gpt2(), NumberRun(), ThreeDigits()],
        PreTokenizer.Gpt2 => [Gpt2()],
        PreTokenizer.Llama3 => [Llama3()],
        PreTokenizer.SmolLM => [Number(), Gpt2()],
        PreTokenizer.Qwen2 => [Qwen2()],
        PreTokenizer.Qwen35 => [Qwen35()],
        PreTokenizer.Gpt4o => [Gpt4o()],
        PreTokenizer.Tekken => [Tekken()],
        PreTokenizer.DeepSeek3 => [UpToThreeNumbers(), Cjk(), DeepSeek3()],
        _ => [],
    };

    /// <summary>Matches and what lies between them, in order.</summary>
    private static IEnumerable<string> Split(Regex pattern, string text)
    {
        // .NET's expressions see halves of characters, the published ones whole: each character that has two gets a stand-in of its class.
        Rune[] runes = [.. text.EnumerateRunes()];
        string shown = string.Concat(runes.Select(StandIn));
        int end = 0;
        foreach (Match match in pattern.Matches(shown))
        {
            if (match.Index > end)
                yield return string.Concat(runes[end..match.Index]);
            end = match.Index + match.Length;
            if (match.Length > 0)
                yield return string.Concat(runes[match.Index..end]);
        }
        if (end < runes.Length)
            yield return string.Concat(runes[end..]);
    }

    private static char StandIn(Rune rune)
    {
        if (rune.IsBmp)
            return (char)rune.Value;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => 'Ω',
            UnicodeCategory.LowercaseLetter => 'ω',
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => 'ª',
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => '²',
            >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation => '§',
            >= UnicodeCategory.MathSymbol and <= UnicodeCategory.OtherSymbol => '☃',
            >= UnicodeCategory.NonSpacingMark and <= UnicodeCategory.EnclosingMark => '\u0301',
            _ => '\u0001',
        };
    }

    // The long s is a case of s to the engines that models were trained with, though not to .NET's.
    [GeneratedRegex(
        @"(?:'[sS\u017F]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Llama3();

    [GeneratedRegex(
        @"(?:'[sS\u017F]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Qwen2();

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt2();

    [GeneratedRegex(
        @"(?:'[sS\u017F]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Qwen35();

    [GeneratedRegex(
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?:'[sS\u017F]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?:'[sS\u017F]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt4o();

    [GeneratedRegex(
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Tekken();

    [GeneratedRegex(@"\p{N}{1,3}")]
    private static partial Regex UpToThreeNumbers();

    [GeneratedRegex(@"[一-龥぀-ゟ゠-ヿ]+")]
    private static partial Regex Cjk();

    [GeneratedRegex(
        """[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""")]
    private static partial Regex DeepSeek3();

    [GeneratedRegex(@"[\p{P}\$\+<=>\^~\|]+")]
    private static partial Regex PunctuationRun();

    [GeneratedRegex(@"\p{N}+")]
    private static partial Regex NumberRun();

    [GeneratedRegex(@"\p{N}")]
    private static partial Regex Number();

    [GeneratedRegex(@"[0-9][0-9][0-9]")]
    private static partial Regex ThreeDigits();
}
