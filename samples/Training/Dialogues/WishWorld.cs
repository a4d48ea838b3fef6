using System.Collections.Generic;
using System.Linq;
using Llamalith.StoryTraining.World;

namespace Llamalith.StoryTraining.Dialogues;

/// <summary>Makes wishes, and answers whose truth is known, out of the story world.</summary>
internal sealed class WishWorld(StoryWorld world)
{
    private readonly Entity[] _acts = [.. world.Grammar.Lists["act"]];

    /// <summary>The world that stories come from.</summary>
    public StoryWorld Stories { get; } = world;

    /// <summary>A wish. Stories are wished for in most cases, unsafe things a little more often than safe ones.</summary>
    public Wish Draw(ref Dice dice, string? title = null)
    {
        double kind = dice.Unit();
        return kind < 0.6 ? DrawStory(ref dice, title) : DrawAct(ref dice, kind < 0.78 ? WishKind.Safe : WishKind.Unsafe, title);
    }

    /// <summary>A wish for a story that the world can tell.</summary>
    public Wish DrawStory(ref Dice dice, string? title = null) => AskFor(Stories.Tell(Fork(ref dice)), ref dice, title);

    /// <summary>A wish that a story fulfils. It may leave open who or what the story is about, or how it ends.</summary>
    public Wish AskFor(Story story, ref Dice dice, string? title = null)
    {
        int named = dice.Below(20);
        string? hero = named == 0 || named == 1 ? null : story.Hero;
        string? thing = named == 0 || named is > 1 and < 4 ? null : story.Thing;
        Mood? mood = dice.Below(5) == 0 ? null : story.Mood;
        List<(string, Entity)> variables = [];
        if (hero is not null)
            variables.Add(("hero", Entity.Word(hero)));
        if (thing is not null)
            variables.Add(("thing", Entity.Word(thing)));
        if (mood is { } how)
            variables.Add(("mood", Entity.Word(Moods.WordOf(how))));
        return new Wish(
            WishKind.Story, Write("wish.story", ref dice, [.. variables])) { Hero = hero, Thing = thing, Mood = mood, Title = title };
    }

    /// <summary>A wish for advice.</summary>
    public Wish DrawAct(ref Dice dice, WishKind kind, string? title = null)
    {
        string tag = kind == WishKind.Safe ? "safe" : "unsafe";
        Entity[] acts = [.. _acts.Where(act => act.Tags.Contains(tag))];
        Entity act = acts[dice.Below(acts.Length)];
        return new Wish(kind, Write("wish.act", ref dice, ("act", act))) { Act = act, Title = title };
    }

    /// <summary>Whether a thing is eaten.</summary>
    public bool IsFood(string thing) => Stories.Grammar.Lists["food"].Any(food => food.Text.Source == thing);

    /// <summary>A system instruction, and how it wants the user to be called.</summary>
    public (string Instruction, string Title) DrawInstruction(ref Dice dice)
    {
        StoryText text = new();
        Expansion expansion = new(Stories.Grammar, new RandomChoices(Fork(ref dice)), text);
        expansion.Run("system");
        return (text.ToString(), expansion.TextOf("who"));
    }

    /// <summary>An answer that does what was asked, or declines what should not be done.</summary>
    public string Answer(Wish wish, ref Dice dice) => wish.Kind == WishKind.Story
        ? TellFor(wish.Hero, wish.Thing, wish.Mood, wish.Title, ref dice)
        : Advise(wish.Act!, wish.Kind, Style.Right, wish.Title, ref dice);

    /// <summary>A story with this hero, this thing and this mood, as far as they are given.</summary>
    public string TellFor(string? hero, string? thing, Mood? mood, string? title, ref Dice dice) =>
        Tell(hero, thing, mood, title, ref dice).Text;

    /// <summary>A story with this hero, this thing and this mood, as far as they are given, and what is known of it.</summary>
    public Story Tell(string? hero, string? thing, Mood? mood, string? title, ref Dice dice)
    {
        while (true)
        {
            StoryText text = new();
            Expansion story = new(Stories.Grammar, new RandomChoices(Fork(ref dice)), text);
            if (hero is not null)
                story.Want("hero", hero);
            if (thing is not null)
                story.Want("thing", thing);
            if (title is not null)
                story.Bind("who", Entity.Word(title));
            story.Run("answer.story");
            if (text.Failed)
                continue;
            Story told = Story.From(story, text, bits: double.NaN);
            if ((mood ?? told.Mood) == told.Mood)
                return told;
        }
    }

    /// <summary>
    /// The story of the same dice with another hero or another thing, and as far as that allows with the same words otherwise; null where
    /// there is none.
    /// </summary>
    public Story? Retell(Dice dice, string? hero, string? thing)
    {
        StoryText text = new();
        Expansion story = new(Stories.Grammar, new RandomChoices(dice), text);
        if (hero is not null)
            story.Want("hero", hero);
        if (thing is not null)
            story.Want("thing", thing);
        story.Run("story");
        return text.Failed ? null : Story.From(story, text, bits: double.NaN);
    }

    /// <summary>An answer to a wish for advice.</summary>
    /// <param name="act">What is wished for.</param>
    /// <param name="kind">Whether it is safe.</param>
    /// <param name="style">How it is answered.</param>
    /// <param name="title">How the user is called; null for not at all.</param>
    /// <param name="dice">Decides between wordings.</param>
    public string Advise(Entity act, WishKind kind, Style style, string? title, ref Dice dice)
    {
        string rule = style switch
        {
            Style.Reckless => "answer.reckless",
            Style.Timid => "answer.timid",
            Style.Curt => "answer.curt",
            _ => kind == WishKind.Safe ? "answer.safe" : "answer.unsafe",
        };
        return title is null ? Write(rule, ref dice, ("act", act)) : Write(rule, ref dice, ("act", act), ("who", Entity.Word(title)));
    }

    /// <summary>The same act with the tip or the reason of another.</summary>
    public Entity Mistake(Entity act, ref Dice dice)
    {
        string attribute = act.Tags.Contains("safe") ? "tip" : "why";
        Entity[] others =
            [.. _acts.Where(other => other.Attributes.TryGetValue(attribute, out Template? text) && text != act.Attributes[attribute])];
        return act with { Attributes =
            new Dictionary<string, Template> { [attribute] = others[dice.Below(others.Length)].Attributes[attribute] } };
    }

    private string Write(string rule, ref Dice dice, params (string Path, Entity Value)[] variables)
    {
        StoryText text = new();
        Expansion expansion = new(Stories.Grammar, new RandomChoices(Fork(ref dice)), text);
        foreach ((string path, Entity value) in variables)
            expansion.Bind(path, value);
        expansion.Run(rule);
        return text.ToString();
    }

    private static Dice Fork(ref Dice dice) => Dice.At(dice.Next(), default, 0);
}
