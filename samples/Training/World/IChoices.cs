using System;

namespace Llamalith.StoryTraining.World;

/// <summary>Whoever takes the decisions while a text is made.</summary>
internal interface IChoices
{
    /// <summary>Takes one of several ways, whose weights are given; none is 0.</summary>
    int Choose(ReadOnlySpan<int> weights);

    /// <summary>Takes one of so many equally likely ways.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="mayLead">Whether a way may lead to the text that is expected, where one is: others need not be tried. null: all
    /// may.</param>
    int Choose(int count, Predicate<int>? mayLead = null);
}

/// <summary>Decides by chance, and adds up what the decisions say.</summary>
internal sealed class RandomChoices(Dice dice) : IChoices
{
    private Dice _dice = dice;

    /// <summary>−log2 of the probability of all decisions so far.</summary>
    public double Bits { get; private set; }

    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<int> weights)
    {
        int total = 0;
        foreach (int weight in weights)
            total += weight;
        int left = _dice.Below(total), chosen = 0;
        while (left >= weights[chosen])
            left -= weights[chosen++];
        Bits += Math.Log2((double)total / weights[chosen]);
        return chosen;
    }

    /// <inheritdoc/>
    public int Choose(int count, Predicate<int>? mayLead = null)
    {
        Bits += Math.Log2(count);
        return _dice.Below(count);
    }
}
