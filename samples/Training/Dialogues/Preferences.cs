using System.Collections.Generic;
using System.Linq;
using Llamalith.StoryTraining.World;

namespace Llamalith.StoryTraining.Dialogues;

/// <summary>Makes pairs of answers of which the world knows the better one, and by how much it is better.</summary>
internal sealed class Preferences(WishWorld wishes)
{
    // As the paper mixes a tenth of helpfulness into the data of safety; a little more here, for all its data are alike.
    private const double HelpfulShare = 0.2;

    // What not every plot can be told with, another attempt finds.
    private const int MostRetellings = 30;

    /// <summary>A pair about helpfulness: does the answer do what was asked?</summary>
    public PreferencePair DrawHelpfulness(ref Dice dice)
    {
        Rating rating = (Rating)dice.Below(4);
        return dice.Chance(0.75) ? DrawStory(rating, ref dice) : DrawSafe(rating, ref dice);
    }

    /// <summary>A pair about safety: is an unsafe wish declined kindly?</summary>
    public PreferencePair DrawSafety(ref Dice dice)
    {
        if (dice.Chance(HelpfulShare))
            return DrawHelpfulness(ref dice);
        Rating rating = (Rating)dice.Below(4);
        Wish wish = wishes.DrawAct(ref dice, WishKind.Unsafe);
        string chosen = wishes.Answer(wish, ref dice);
        string rejected = rating switch
        {
            Rating.Significantly => wishes.Advise(wish.Act!, wish.Kind, Style.Reckless, null, ref dice),
            Rating.Better => wishes.Advise(wish.Act!, wish.Kind, Style.Curt, null, ref dice),
            Rating.Slightly => wishes.Advise(wishes.Mistake(wish.Act!, ref dice), wish.Kind, Style.Right, null, ref dice),
            _ => RepeatSentence(chosen, ref dice),
        };
        return new PreferencePair(wish, chosen, rejected, rating, Classified: rating == Rating.Significantly);
    }

    private PreferencePair DrawStory(Rating rating, ref Dice dice)
    {
        Dice telling = Dice.At(dice.Next(), default, 0);
        Story story = wishes.Stories.Tell(telling);
        Wish wish = wishes.AskFor(story, ref dice);
        string? rejected = rating switch
        {
            // Everything that was asked for is missed, or the story breaks off.
            Rating.Significantly when dice.Chance(0.5) && Asked(wish) > 0 => TellWithout(wish, Asked(wish), ref dice),
            Rating.Significantly => BreakOff(story.Text, ref dice),
            Rating.Better => wish.Hero is null && wish.Thing is null ? null : TellAlmost(wish, story, telling, ref dice),
            Rating.Slightly =>
                wish.Mood is null ? null : wishes.TellFor(wish.Hero, wish.Thing, OtherMood(story.Mood, story, ref dice), null, ref dice),
            _ => RepeatSentence(story.Text, ref dice),
        };

        // A wish that leaves open what the rating is about is asked anew.
        return rejected is null ? DrawStory(rating, ref dice) : new PreferencePair(wish, story.Text, rejected, rating, Classified: false);
    }

    private PreferencePair DrawSafe(Rating rating, ref Dice dice)
    {
        Wish wish = wishes.DrawAct(ref dice, WishKind.Safe);
        string chosen = wishes.Answer(wish, ref dice);
        string rejected = rating switch
        {
            Rating.Significantly => wishes.Advise(wish.Act!, wish.Kind, Style.Timid, null, ref dice),
            Rating.Better => wishes.Advise(wish.Act!, wish.Kind, Style.Reckless, null, ref dice),
            Rating.Slightly => wishes.Advise(wishes.Mistake(wish.Act!, ref dice), wish.Kind, Style.Right, null, ref dice),
            _ => RepeatSentence(chosen, ref dice),
        };
        return new PreferencePair(wish, chosen, rejected, rating, Classified: false);
    }

    private static int Asked(Wish wish) => (wish.Hero is null ? 0 : 1) + (wish.Thing is null ? 0 : 1) + (wish.Mood is null ? 0 : 1);

    /// <summary>
    /// The same story with another hero or another thing than was asked for, and what else was asked for as it should be. Two answers that
    /// differ in nothing else teach what they differ in.
    /// </summary>
    private string TellAlmost(Wish wish, Story story, Dice telling, ref Dice dice)
    {
        bool missHero = wish.Hero is not null && (wish.Thing is null || dice.Chance(0.5));
        List<Entity> others = wishes.Stories.Grammar.Lists[missHero ? "kind" : wishes.IsFood(story.Thing) ? "food" : "thing"];
        for (int attempt = 0; attempt < MostRetellings; attempt++)
        {
            string other = others[dice.Below(others.Count)].ToString();
            if (wishes.Retell(telling, missHero ? other : story.Hero, missHero ? story.Thing : other) is not { } told)
                continue;
            Verdict verdict = Judge.Of(wish, told.Text);
            if (verdict.HasMood && (wish.Hero is null || verdict.HasHero != missHero)
                && (wish.Thing is null || verdict.HasThing == missHero))
            {
                return told.Text;
            }
        }

        return TellWithout(wish with { Mood = null }, 1, ref dice, wish.Mood);
    }

    /// <summary>A story that misses so many of the things asked for.</summary>
    private string TellWithout(Wish wish, int misses, ref Dice dice, Mood? mood = null)
    {
        bool missHero = wish.Hero is not null && (misses > 1 || wish.Thing is null || dice.Chance(0.5));
        bool missThing = wish.Thing is not null && (misses > 1 || !missHero);
        while (true)
        {
            string text = wishes.TellFor(missHero ? null : wish.Hero, missThing ? null : wish.Thing, mood, null, ref dice);
            Verdict verdict = Judge.Of(wish with { Mood = wish.Mood ?? mood }, text);
            if ((wish.Hero is null || verdict.HasHero != missHero) && (wish.Thing is null || verdict.HasThing != missThing)
                && (misses == 1 || wish.Mood is null || !verdict.HasMood))
            {
                return text;
            }
        }
    }

    private Mood OtherMood(Mood mood, Story story, ref Dice dice)
    {
        // Not every plot ends in every mood, but every hero and thing can.
        Mood[] others = [.. Moods.All.Where(other => other != mood && CanEnd(story, other))];
        return others[dice.Below(others.Length)];
    }

    private bool CanEnd(Story story, Mood mood) => mood != Mood.Brave || !wishes.IsFood(story.Thing);

    private static string BreakOff(string text, ref Dice dice)
    {
        string[] words = text.Split(' ');
        int kept = words.Length / 3 + dice.Below(words.Length / 3);
        return string.Join(' ', words[..kept]);
    }

    private static string RepeatSentence(string text, ref Dice dice)
    {
        List<int> ends = [];
        for (int i = 0; i + 1 < text.Length; i++)
        {
            if (text[i] is '.' or '!' or '?' && text[i + 1] == ' ')
                ends.Add(i + 2);
        }

        if (ends.Count == 0)
            return text + " " + text;
        int end = dice.Below(ends.Count);
        int start = end == 0 ? 0 : ends[end - 1];
        return text.Insert(ends[end], text[start..ends[end]]);
    }
}
