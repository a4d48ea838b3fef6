using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace Llamalith.StoryTraining.World;

/// <summary>Texts as words.</summary>
internal static partial class Words
{
    /// <summary>The words of a text in lower case, a possessive 's left out.</summary>
    public static IEnumerable<string> Of(string text)
    {
        foreach (Match match in Word().Matches(text))
            yield return match.Value.ToLowerInvariant();
    }

    /// <summary>Whether a text has a phrase, word for word, whatever the capitals.</summary>
    public static bool Contain(string text, string phrase) =>
        (" " + string.Join(' ', Of(text)) + " ").Contains(" " + string.Join(' ', Of(phrase)) + " ", System.StringComparison.Ordinal);

    [GeneratedRegex("[A-Za-z]+")]
    private static partial Regex Word();
}
