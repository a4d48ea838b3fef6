using System;
using System.Collections.Generic;

namespace Llamalith.StoryTraining.World;

/// <summary>
/// English inflections. Of a phrase that does something the first word is inflected, of a phrase that is something the last.
/// </summary>
internal static class Inflection
{
    private static readonly Dictionary<string, string> s_pasts = new()
    {
        ["beat"] = "beat", ["blow"] = "blew", ["build"] = "built", ["catch"] = "caught", ["cut"] = "cut", ["dig"] = "dug",
        ["draw"] = "drew",
        ["feed"] = "fed", ["grind"] = "ground", ["leap"] = "leapt", ["make"] = "made", ["mow"] = "mowed", ["read"] = "read",
        ["ride"] = "rode",
        ["ring"] = "rang", ["run"] = "ran", ["sew"] = "sewed", ["sing"] = "sang", ["sleep"] = "slept", ["sow"] = "sowed", ["spin"] = "spun",
        ["sweep"] = "swept", ["swim"] = "swam", ["swing"] = "swung", ["tell"] = "told", ["think"] = "thought", ["throw"] = "threw",
        ["tie"] = "tied", ["wear"] = "wore", ["weave"] = "wove", ["wind"] = "wound", ["write"] = "wrote",
    };

    private static readonly Dictionary<string, string> s_plurals = new()
    {
        ["scarf"] = "scarves", ["mango"] = "mangoes", ["buffalo"] = "buffaloes", ["salmon"] = "salmon",
    };

    /// <summary>What somebody did: "climb trees" becomes "climbed trees".</summary>
    public static string Past(string phrase) => First(phrase, verb =>
        s_pasts.TryGetValue(verb, out string? past) ? past
        : verb.EndsWith('e') ? verb + "d"
        : EndsInConsonantY(verb) ? verb[..^1] + "ied"
        : Stem(verb) + "ed");

    /// <summary>Doing it: "climbing trees".</summary>
    public static string Doing(string phrase) => First(phrase, verb =>
        verb.EndsWith("ie", StringComparison.Ordinal) ? verb[..^2] + "ying"
        : verb.EndsWith('e') && !verb.EndsWith("ee", StringComparison.Ordinal) ? verb[..^1] + "ing"
        : Stem(verb) + "ing");

    /// <summary>More than one: "fishing rod" becomes "fishing rods".</summary>
    public static string Plural(string phrase)
    {
        int start = phrase.LastIndexOf(' ') + 1;
        string noun = phrase[start..];
        string plural = s_plurals.TryGetValue(noun, out string? known) ? known
            : noun.EndsWith('s') || noun.EndsWith('x') || noun.EndsWith('z') || noun.EndsWith("ch", StringComparison.Ordinal)
                || noun.EndsWith("sh", StringComparison.Ordinal) ? noun + "es"
            : EndsInConsonantY(noun) ? noun[..^1] + "ies"
            : noun + "s";
        return phrase[..start] + plural;
    }

    private static string First(string phrase, Func<string, string> inflect)
    {
        int end = phrase.IndexOf(' ', StringComparison.Ordinal);
        return end < 0 ? inflect(phrase) : inflect(phrase[..end]) + phrase[end..];
    }

    /// <summary>A short verb that ends in one vowel and one consonant doubles it: "hum" becomes "humm".</summary>
    private static string Stem(string verb)
    {
        bool doubles = verb.Length > 2 && !IsVowel(verb[^1]) && verb[^1] is not ('w' or 'x' or 'y') && IsVowel(verb[^2])
            && !IsVowel(verb[^3]) && Vowels(verb) == 1;
        return doubles ? verb + verb[^1] : verb;
    }

    private static int Vowels(string word)
    {
        int count = 0;
        foreach (char c in word)
            count += IsVowel(c) ? 1 : 0;
        return count;
    }

    private static bool EndsInConsonantY(string word) => word.Length > 1 && word[^1] == 'y' && !IsVowel(word[^2]);

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u';
}
