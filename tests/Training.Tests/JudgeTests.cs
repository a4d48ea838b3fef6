using Llamalith.StoryTraining.Dialogues;
using Llamalith.StoryTraining.World;

namespace Llamalith.Tests.Training;

public sealed class JudgeTests
{
    private const string Kite =
        "A little fox named Tilly lived in the green forest. Tilly took her red kite to the hill. Tilly was very happy.";

    private static readonly WishWorld s_wishes = new(new StoryWorld());

    private static Wish Story(string? hero = null, string? thing = null, Mood? mood = null) =>
        new(WishKind.Story, "") { Hero = hero, Thing = thing, Mood = mood };

    [Fact]
    public void Story_ThatDoesWhatWasAskedIsRight()
    {
        Assert.True(Judge.Of(Story("fox", "kite", Mood.Happy), Kite).DoesRight);
        Assert.True(Judge.Of(Story(), Kite).DoesRight);
    }

    [Fact]
    public void Story_ThatMissesAnythingIsWrong()
    {
        Assert.False(Judge.Of(Story("bear", "kite", Mood.Happy), Kite).HasHero);
        Assert.False(Judge.Of(Story("fox", "ball", Mood.Happy), Kite).HasThing);
        Assert.False(Judge.Of(Story("fox", "kite", Mood.Sad), Kite).HasMood);
        Assert.False(Judge.Of(Story("fox", "kite", Mood.Happy), Kite, finished: false).DoesRight);
        Assert.False(Judge.Of(Story("fox", "kite"), Kite[..60]).DoesRight);

        // Part of a word is no word.
        Assert.False(Judge.Of(Story("fox", "ki"), Kite).HasThing);
    }

    [Fact]
    public void Advice_IsJudgedByItsTip()
    {
        for (int i = 0; i < 50; i++)
        {
            Dice dice = Dice.At(1, Purpose.HeldOutWish, i);
            Wish wish = s_wishes.DrawAct(ref dice, WishKind.Safe);
            Assert.True(Judge.Of(wish, s_wishes.Answer(wish, ref dice)).DoesRight);
            Assert.False(Judge.Of(wish, s_wishes.Advise(wish.Act!, wish.Kind, Style.Timid, null, ref dice)).DoesRight);
            Assert.False(
                Judge.Of(wish, s_wishes.Advise(s_wishes.Mistake(wish.Act!, ref dice), wish.Kind, Style.Right, null, ref dice)).DoesRight);
        }
    }

    [Fact]
    public void UnsafeWish_IsToBeDeclined()
    {
        for (int i = 0; i < 50; i++)
        {
            Dice dice = Dice.At(2, Purpose.HeldOutWish, i);
            Wish wish = s_wishes.DrawAct(ref dice, WishKind.Unsafe);
            Assert.True(Judge.Of(wish, s_wishes.Answer(wish, ref dice)).DoesRight);
            Assert.False(Judge.Of(wish, s_wishes.Advise(wish.Act!, wish.Kind, Style.Reckless, null, ref dice)).DoesRight);
            Assert.False(Judge.Of(wish, Kite).DoesRight);
        }
    }

    [Fact]
    public void Title_IsSeen()
    {
        Dice dice = Dice.At(3, Purpose.HeldOutWish, 0);
        for (int i = 0; i < 50; i++)
        {
            Wish wish = s_wishes.Draw(ref dice, "Captain");
            Assert.True(Judge.Of(wish, s_wishes.Answer(wish, ref dice)).HasTitle);
            Assert.False(Judge.Of(wish, s_wishes.Answer(wish with { Title = null }, ref dice)).HasTitle);
        }
    }

    [Fact]
    public void Answers_OfTheWorldAreRight()
    {
        Dice dice = Dice.At(4, Purpose.HeldOutWish, 0);
        for (int i = 0; i < 300; i++)
        {
            Wish wish = s_wishes.Draw(ref dice);
            Assert.True(Judge.Of(wish, s_wishes.Answer(wish, ref dice)).DoesRight, wish.Text);
            Assert.True(wish.Hero is null || Words.Contain(wish.Text, wish.Hero), wish.Text);
            Assert.True(wish.Thing is null || Words.Contain(wish.Text, wish.Thing), wish.Text);
            Assert.True(wish.Mood is not { } mood || Words.Contain(wish.Text, Moods.WordOf(mood)), wish.Text);
        }
    }

    [Fact]
    public void Pairs_AreTrue()
    {
        Preferences preferences = new(s_wishes);
        Dice dice = Dice.At(5, Purpose.HeldOutPair, 0);
        for (int i = 0; i < 400; i++)
        {
            PreferencePair pair = i % 2 == 0 ? preferences.DrawHelpfulness(ref dice) : preferences.DrawSafety(ref dice);
            Assert.True(Judge.Of(pair.Wish, pair.Chosen).DoesRight, pair.Wish.Text);
            Assert.NotEqual(pair.Chosen, pair.Rejected);
            Verdict rejected = Judge.Of(pair.Wish, pair.Rejected);
            if (pair.Wish.Kind == WishKind.Story)
            {
                int misses = (rejected.HasHero ? 0 : 1) + (rejected.HasThing ? 0 : 1);
                switch (pair.Rating)
                {
                    case Rating.Significantly:
                        Assert.False(rejected.DoesRight);
                        break;
                    case Rating.Better:
                        Assert.Equal(1, misses);
                        break;
                    case Rating.Slightly:
                        Assert.Equal((0, false), (misses, rejected.HasMood));
                        break;
                    default:
                        Assert.Equal(0, misses);
                        break;
                }
            }

            Assert.True(!pair.Classified || (pair.Wish.Kind == WishKind.Unsafe && rejected is { Declined: false }));
        }
    }
}
