using System;

namespace Llamalith.StoryTraining.World;

/// <summary>
/// Random numbers that are addressed rather than carried on: a seed, a purpose and a place give the same numbers whenever they are asked
/// for, so a run that is resumed needs to know only where it was. SplitMix64 by Steele, Lea and Flood.
/// </summary>
internal struct Dice
{
    private ulong _state;

    private Dice(ulong state) => _state = state;

    /// <summary>The numbers of one place.</summary>
    public static Dice At(ulong seed, Purpose purpose, long place)
    {
        Dice dice = new(seed);
        dice = new Dice(dice.Next() ^ (ulong)purpose);
        return new Dice(dice.Next() ^ (ulong)place);
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to below a limit.</summary>
    public int Below(int limit) => (int)Math.BigMul(Next(), (ulong)limit, out _);

    /// <summary>A number from 0 to below 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with a probability.</summary>
    public bool Chance(double probability) => Unit() < probability;

    /// <summary>One of some things, each as likely.</summary>
    public T Of<T>(ReadOnlySpan<T> things) => things[Below(things.Length)];

    /// <summary>Brings things into a random order.</summary>
    public void Shuffle<T>(Span<T> things)
    {
        for (int i = things.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (things[i], things[j]) = (things[j], things[i]);
        }
    }
}

/// <summary>What random numbers are for: no two purposes share any.</summary>
internal enum Purpose : ulong
{
    /// <summary>Stories to train on.</summary>
    TrainingStory = 1,

    /// <summary>Stories that no training sees.</summary>
    HeldOutStory,

    /// <summary>The order of a pretraining epoch.</summary>
    Shuffle,

    /// <summary>The first weights of a model.</summary>
    Weights,

    /// <summary>Dialogues to train on.</summary>
    TrainingDialogue,

    /// <summary>Dialogues that no training sees.</summary>
    HeldOutDialogue,

    /// <summary>Preference pairs to train on.</summary>
    TrainingPair,

    /// <summary>Preference pairs that no training sees.</summary>
    HeldOutPair,

    /// <summary>Wishes that answers are sampled for in training.</summary>
    TrainingWish,

    /// <summary>Wishes that a model is judged by.</summary>
    HeldOutWish,

    /// <summary>The sampling of answers.</summary>
    Sampling,
}
