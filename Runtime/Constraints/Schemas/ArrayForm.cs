using System.Collections.Generic;

namespace Llamalith.Constraints.Schemas;

/// <summary>Arrays.</summary>
internal sealed class ArrayForm
{
    public required IReadOnlyList<Demand> First { get; init; }

    /// <summary>All elements behind the first; null where there may be none.</summary>
    public Demand? Rest { get; init; }

    public int Min { get; init; }

    public int Max { get; init; } = int.MaxValue;

    /// <summary>What some of them must be; null where nothing is asked.</summary>
    public ContainsForm? Contains { get; init; }

    public bool IsPossible { get; set; }

    /// <summary>Most elements, for want of values for more.</summary>
    public int Most { get; set; }

    /// <summary>What an element must be; null where there may be none.</summary>
    public Demand? At(int index) => index >= Most ? null : index < First.Count ? First[index] : Rest;

    /// <summary>What an element must be that is one of those that the array must contain; null where it cannot be one.</summary>
    public Demand? MatchAt(int index) =>
        index < Most && Contains is { } asked && index >= asked.From && asked.Matches.At(index) is { IsPossible: true } demand
            ? demand : null;

    /// <summary>What an element must be that is none of those; null where it must be one, or there may be no element.</summary>
    public Demand? OtherAt(int index)
    {
        if (index >= Most || Contains is not { Others: { } others } asked || index < asked.From)
            return At(index);
        return others.At(index) is { IsPossible: true } demand ? demand : null;
    }

    /// <summary>How many of the elements from one on can be of those that the array must contain; int.MaxValue for any number.</summary>
    public int MatchesFrom(int index)
    {
        int count = 0;
        for (; index < First.Count; index++)
            count += MatchAt(index) is null ? 0 : 1;
        if (MatchAt(int.Max(index, Contains!.From)) is null)
            return count;
        return Most == int.MaxValue ? int.MaxValue : count + Most - int.Max(index, Contains.From);
    }
}

/// <summary>What some elements of an array must be.</summary>
/// <param name="From">The first that counts.</param>
/// <param name="Min">So many must.</param>
/// <param name="Max">No more may.</param>
/// <param name="Matches">What they must be.</param>
/// <param name="Others">What the others must be, where that matters: where there may be no more.</param>
internal sealed record ContainsForm(int From, int Min, int Max, ElementDemands Matches, ElementDemands? Others);

/// <summary>What elements must be.</summary>
/// <param name="First">The first ones.</param>
/// <param name="Rest">All behind them.</param>
internal sealed record ElementDemands(IReadOnlyList<Demand> First, Demand Rest)
{
    public Demand At(int index) => index < First.Count ? First[index] : Rest;
}
