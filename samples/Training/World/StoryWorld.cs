namespace Llamalith.StoryTraining.World;

/// <summary>A story and what is known of it.</summary>
/// <param name="Text">The text.</param>
/// <param name="Bits">−log2 of its probability: exact, since no text has two derivations.</param>
/// <param name="Hero">Who it is about: "fox".</param>
/// <param name="HeroName">And is called: "Tilly".</param>
/// <param name="Thing">What it is about: "kite".</param>
/// <param name="Mood">How it ends.</param>
internal sealed record Story(string Text, double Bits, string Hero, string HeroName, string Thing, Mood Mood)
{
    /// <summary>The story that an expansion has told.</summary>
    public static Story From(Expansion story, StoryText text, double bits) => new(
        text.ToString(), bits, story.TextOf("hero"), story.TextOf("hero.name"), story.TextOf("thing"), Moods.Parse(story.TextOf("mood")));
}

/// <summary>Tells stories.</summary>
internal sealed class StoryWorld
{
    private const string StoryRule = "story";

    /// <summary>The world, with its words and rules.</summary>
    public StoryWorld(Grammar? grammar = null) => Grammar = grammar ?? Grammar.OfStoryWorld();

    /// <summary>Its words and rules.</summary>
    public Grammar Grammar { get; }

    /// <summary>Tells the story of a place: the same whenever it is asked for.</summary>
    public Story Tell(ulong seed, Purpose purpose, long place) => Tell(Dice.At(seed, purpose, place));

    /// <summary>Tells a story.</summary>
    public Story Tell(Dice dice)
    {
        RandomChoices choices = new(dice);
        StoryText text = new();
        Expansion story = new(Grammar, choices, text);
        story.Run(StoryRule);
        return Story.From(story, text, choices.Bits);
    }

    /// <summary>How the world sees a text: whether it could be one of its stories, and how likely.</summary>
    public Parse Find(string text) => TextParser.Find(Grammar, StoryRule, text);
}
