using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Tuner;

namespace Llamalith.Tests.Tuner;

/// <summary>Choosing by measurements that a test makes up.</summary>
public sealed class ChooserTests
{
    [Fact]
    public void Choose_TakesTheFastest()
    {
        (int best, double[] medians) = new Chooser(Steady(3, 2, 1, 2.5), () => false).Choose(4);
        Assert.Equal(2, best);
        Assert.Equal([3, 2, 1, 2.5], medians);
    }

    [Fact]
    public void Choose_KeepsTheFirstWhereOthersAreHardlyFaster()
    {
        (int best, _) = new Chooser(Steady(1, 0.98, 0.975, 1.2), () => false).Choose(4);
        Assert.Equal(0, best);
    }

    /// <summary>
    /// A machine that wanders by a third between rounds, and by 10 % within one, makes no candidate better than its equal.
    /// </summary>
    [Fact]
    public void Choose_SticksToTheFirstWithinNoise()
    {
        int switched = 0;
        for (int seed = 0; seed < 1000; seed++)
        {
            Random random = new(seed);
            int calls = 0;
            double state = 1;
            double Measure(int candidate)
            {
                if (calls++ % 4 == 0)
                    state = 1 + (random.NextDouble() / 3);
                return state * (1 + (random.NextDouble() / 10));
            }

            if (new Chooser(Measure, () => false).Choose(4).Best != 0)
                switched++;
        }

        Assert.InRange(switched, 0, 150);
    }

    /// <summary>A tenth is seen through the same noise.</summary>
    [Fact]
    public void Choose_SeesWhatIsClearlyFaster()
    {
        int found = 0;
        for (int seed = 0; seed < 1000; seed++)
        {
            Random random = new(seed);
            if (new Chooser(candidate => (candidate == 2 ? 0.85 : 1) * (1 + (random.NextDouble() / 20)), () => false).Choose(4).Best == 2)
                found++;
        }

        Assert.InRange(found, 990, 1000);
    }

    /// <summary>One that was fast by accident is found out when it is measured once more.</summary>
    [Fact]
    public void Choose_AsksTheFastestTwice()
    {
        int calls = 0;
        double Measure(int candidate) => calls++ < 2 + (2 * 5) && candidate == 1 ? 0.5 : 1;
        Assert.Equal(0, new Chooser(Measure, () => false).Choose(2).Best);
    }

    /// <summary>What comes after something is measured is measured after each of the others in turn.</summary>
    [Fact]
    public void Choose_MeasuresInTurn()
    {
        List<int> order = [];
        new Chooser(
            candidate =>
            {
                order.Add(candidate);
                return 1;
            },
            () => false) { Rounds = 3 }.Choose(3);
        Assert.Equal([0, 1, 2, 0, 1, 2, 1, 2, 0, 2, 0, 1], order);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(6)]
    public void Choose_KeepsTheFirstWhereTimeIsUp(int after)
    {
        int calls = 0;
        double Measure(int candidate)
        {
            calls++;
            return candidate == 0 ? 2 : 1;
        }

        (int best, double[] medians) = new Chooser(Measure, () => calls >= after).Choose(3);
        Assert.Equal(0, best);
        Assert.All(medians, median => Assert.True(double.IsNaN(median)));
        Assert.InRange(calls, 0, after + 2);
    }

    [Fact]
    public void Choose_OfOneMeasuresNothing()
    {
        (int best, double[] medians) =
            new Chooser(_ => throw new InvalidOperationException("Nothing is to be measured."), () => false).Choose(1);
        Assert.Equal(0, best);
        Assert.True(double.IsNaN(medians.Single()));
    }

    private static Func<int, double> Steady(params double[] seconds) => candidate => seconds[candidate];
}
