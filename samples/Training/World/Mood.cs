using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.StoryTraining.World;

/// <summary>How a story ends.</summary>
internal enum Mood
{
    /// <summary>All is well.</summary>
    Happy,

    /// <summary>Something is lost.</summary>
    Sad,

    /// <summary>There is something to laugh about.</summary>
    Funny,

    /// <summary>All fall asleep.</summary>
    Calm,

    /// <summary>Somebody dared.</summary>
    Brave,
}

/// <summary>The words that moods are known by.</summary>
internal static class Moods
{
    private static readonly Dictionary<Mood, string[]> s_signs = new()
    {
        [Mood.Happy] = ["happy", "happiest", "smiled", "for joy", "glad"],
        [Mood.Sad] = ["sad", "cried", "tear", "missed", "sighed"],
        [Mood.Funny] = ["laughed", "giggled", "giggle", "silly", "funniest"],
        [Mood.Calm] = ["asleep", "slept", "dreamed", "night"],
        [Mood.Brave] = ["brave", "bravest", "proud", "courage"],
    };

    /// <summary>All moods.</summary>
    public static Mood[] All { get; } = Enum.GetValues<Mood>();

    /// <summary>How the grammar calls a mood.</summary>
    public static string WordOf(Mood mood) => mood.ToString().ToLowerInvariant();

    /// <summary>The mood of a word of the grammar.</summary>
    public static Mood Parse(string word) => Enum.Parse<Mood>(word, ignoreCase: true);

    /// <summary>The mood that a story's last sentence tells; null where it tells none, or two.</summary>
    public static Mood? OfEnding(string story)
    {
        // "for joy" and not "joy", since somebody may be called that.
        string ending = LastSentence(story);
        Mood[] told = [.. All.Where(mood => s_signs[mood].Any(sign => Words.Contain(ending, sign)))];
        return told is [Mood mood] ? mood : null;
    }

    private static string LastSentence(string story)
    {
        string text = story.TrimEnd();
        int end = text.Length;
        while (end > 0 && text[end - 1] is '.' or '!' or '?' or '"')
            end--;
        int start = end;
        while (start > 0 && text[start - 1] is not ('.' or '!' or '?'))
            start--;
        return text[start..];
    }
}
