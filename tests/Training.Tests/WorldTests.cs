using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.StoryTraining.World;

namespace Llamalith.Tests.Training;

public sealed class WorldTests
{
    private static readonly StoryWorld s_world = new();

    [Fact]
    public void Story_HasOneDerivationOfItsProbability()
    {
        for (int i = 0; i < 60; i++)
        {
            Story story = s_world.Tell(5, Purpose.HeldOutStory, i);
            Parse parse = s_world.Find(story.Text);
            Assert.Equal(1, parse.Derivations);
            Assert.Equal(story.Bits, parse.Bits, 1e-9);
        }
    }

    [Fact]
    public void Text_OfAnotherWorldHasNoDerivation()
    {
        Story story = s_world.Tell(5, Purpose.HeldOutStory, 0);
        Parse parse = s_world.Find(story.Text + " And then they woke up.");
        Assert.Equal(0, parse.Derivations);
        Assert.True(double.IsPositiveInfinity(parse.Bits));
        Assert.Equal(0, s_world.Find("Once upon a time, there was a truck.").Derivations);
    }

    [Fact]
    public void Probability_OfAnAmbiguousTextIsTheSumOverItsDerivations()
    {
        Grammar grammar = Read("rule a\n  3* x [y|z]\n  x <b>\nrule b\n  y\n  w\n");
        Assert.Equal(new Parse(2, -Math.Log2(0.375 + 0.125), 3), TextParser.Find(grammar, "a", "X y") with { Agreed = 3 });
        Assert.Equal(-Math.Log2(0.125), TextParser.Find(grammar, "a", "X w").Bits, 1e-12);
    }

    [Fact]
    public void Probabilities_OfAllTextsAddUpToOne()
    {
        Grammar grammar =
            Read("list n (t)\n  ann, bob\nlist n\n  cy\nrule a\n  {p=n} saw {q=n:t}.\n  2* ?p no\n  {p=n:t} ran [a|] [hat|owl].\n");
        string[] names = ["Ann", "Bob", "Cy"];
        string[] texts =
        [
            .. from p in names from q in (string[])["ann", "bob"]
                where !p.Equals(q, StringComparison.OrdinalIgnoreCase) select $"{p} saw {q}.",
            .. from p in names.Take(2) from rest in (string[])["a hat", "an owl", "hat", "owl"] select $"{p} ran {rest}.",
        ];
        Assert.Equal(1, texts.Sum(text => Math.Pow(2, -TextParser.Find(grammar, "a", text).Bits)), 1e-12);
    }

    [Fact]
    public void Ending_TellsTheMood()
    {
        for (int i = 0; i < 3000; i++)
        {
            Story story = s_world.Tell(6, Purpose.TrainingStory, i);
            Assert.Equal(story.Mood, Moods.OfEnding(story.Text));
            Assert.True(Words.Contain(story.Text, story.Hero), story.Text);
            Assert.True(Words.Contain(story.Text, story.Thing), story.Text);
        }
    }

    [Fact]
    public void Story_OfAPlaceIsAlwaysTheSame()
    {
        Assert.Equal(s_world.Tell(1, Purpose.TrainingStory, 9), s_world.Tell(1, Purpose.TrainingStory, 9));
        Assert.NotEqual(s_world.Tell(1, Purpose.TrainingStory, 9).Text, s_world.Tell(2, Purpose.TrainingStory, 9).Text);
        Assert.NotEqual(s_world.Tell(1, Purpose.TrainingStory, 9).Text, s_world.Tell(1, Purpose.HeldOutStory, 9).Text);
    }

    [Fact]
    public void Stories_HaveTheirCapitalsAndArticles()
    {
        for (int i = 0; i < 3000; i++)
        {
            string text = s_world.Tell(7, Purpose.TrainingStory, i).Text;
            Assert.DoesNotContain("  ", text, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"\b[Aa] [aeio]\w+", text.Replace("a one", "", StringComparison.Ordinal));
            Assert.DoesNotMatch(@"[.!?] [a-z]", text);
            Assert.Matches(@"^[A-Z].*[.""]$", text);
        }
    }

    [Fact]
    public void World_HasThousandsOfWords()
    {
        HashSet<string> words = [];
        for (int i = 0; i < 3000; i++)
            words.UnionWith(Words.Of(s_world.Tell(8, Purpose.HeldOutStory, i).Text));
        Assert.InRange(words.Count, 4000, 10000);
    }

    [Theory]
    [InlineData("climb trees", "climbed trees", "climbing trees")]
    [InlineData("hum lullabies", "hummed lullabies", "humming lullabies")]
    [InlineData("carry parcels", "carried parcels", "carrying parcels")]
    [InlineData("tie knots", "tied knots", "tying knots")]
    [InlineData("bake bread", "baked bread", "baking bread")]
    [InlineData("play hide and seek", "played hide and seek", "playing hide and seek")]
    [InlineData("sing", "sang", "singing")]
    [InlineData("wander about", "wandered about", "wandering about")]
    public void Verbs_AreInflected(string verb, string past, string doing) =>
        Assert.Equal((past, doing), (Inflection.Past(verb), Inflection.Doing(verb)));

    [Theory]
    [InlineData("fishing rod", "fishing rods")]
    [InlineData("brush", "brushes")]
    [InlineData("cherry", "cherries")]
    [InlineData("key", "keys")]
    [InlineData("scarf", "scarves")]
    [InlineData("box", "boxes")]
    public void Nouns_AreInflected(string noun, string plural) => Assert.Equal(plural, Inflection.Plural(noun));

    [Fact]
    public void Parts_AreWordsInAllCombinations()
    {
        Grammar grammar = Read("list town\n  ash|elm + ford|wood, york\nrule a\n  in [town] {x=town} {x.plural}\n");
        Assert.Equal(["ashford", "ashwood", "elmford", "elmwood", "york"], grammar.Lists["town"].Select(entity => entity.ToString()));
        Assert.Equal(1, TextParser.Find(grammar, "a", "In elmwood york yorks").Derivations);
    }

    [Theory]
    [InlineData("rule a\n  <b>\n", "rule b")]
    [InlineData("rule a\n  [b]\n", "list b")]
    [InlineData("rule a\n  {b\n", "not closed")]
    [InlineData("list a\n  b, b\n", "twice")]
    [InlineData("  b\n", "belong to")]
    public void BadGrammar_IsRefused(string text, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<InvalidDataException>(() => Read(text)).Message, StringComparison.Ordinal);

    private static Grammar Read(string text)
    {
        Grammar grammar = new();
        GrammarReader.Read(grammar, text, "test");
        grammar.Check();
        return grammar;
    }
}
