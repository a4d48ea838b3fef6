using System;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Tests.Benchmarking;

public class StatisticsTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3.0)]
    [InlineData(new[] { 5.0, 1.0, 3.0 }, 3.0)]
    [InlineData(new[] { 4.0, 1.0, 3.0, 100.0 }, 3.5)]
    public void Median_IsTheMiddleOfTheSortedValues(double[] values, double expected) =>
        Assert.Equal(expected, Statistics.Median(values));

    [Fact]
    public void Median_LeavesItsInputAlone()
    {
        double[] values = [3, 1, 2];
        Statistics.Median(values);
        Assert.Equal([3, 1, 2], values);
    }

    [Fact]
    public void Median_OfNothingIsAnError() => Assert.Throws<ArgumentException>(() => Statistics.Median([]));

    [Fact]
    public void Spread_IsHalfTheRangeOverTheMedian() => Assert.Equal(0.25, Statistics.Spread([8, 10, 13]), 12);

    [Fact]
    public void MedianRatio_PairsRounds()
    {
        // The machine halves its speed in the last round, for both.
        Assert.Equal(2.0, Statistics.MedianRatio([20, 22, 10], [10, 11, 5]));

        // The quotients are 1, 3 and 0.5; the quotient of the medians would be 2.
        Assert.Equal(1.0, Statistics.MedianRatio([10, 30, 20], [10, 10, 40]));
    }

    [Fact]
    public void MedianRatio_OfDifferentNumbersOfRoundsIsAnError() =>
        Assert.Throws<ArgumentException>(() => Statistics.MedianRatio([1, 2], [1]));
}
