using System;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Tests.Benchmarking;

public class LogitsAgreementTests
{
    [Fact]
    public void Agreement_OfEqualLogitsIsPerfect()
    {
        LogitsAgreement agreement = new();
        agreement.Add([1, 2, 3], [1, 2, 3]);
        agreement.Add([-1, 0, -3], [-1, 0, -3]);
        Assert.Equal((2, 2, 0.0), (agreement.Positions, agreement.SameArgmax, agreement.LargestDifference));
        Assert.Equal(1.0, agreement.LeastCosine, 12);
        Assert.Equal(0, agreement.NonFinite);
    }

    [Fact]
    public void Agreement_KeepsTheWorstPosition()
    {
        LogitsAgreement agreement = new();
        agreement.Add([1, 0], [0, 1]);
        agreement.Add([4, 3], [4, 3.5f]);
        Assert.Equal((2, 1, 1.0), (agreement.Positions, agreement.SameArgmax, agreement.LargestDifference));
        Assert.Equal(0.0, agreement.LeastCosine, 12);
        Assert.Equal(0.5, agreement.Deviation, 12);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Agreement_ShowsWhatIsNotFinite(float broken)
    {
        LogitsAgreement agreement = new();
        agreement.Add([1, 2], [1, 2]);
        agreement.Add([1, 2], [1, broken]);
        Assert.Equal((1, 1), (agreement.NonFinite, agreement.SameArgmax));
        Assert.Equal(-1, agreement.LeastCosine);
        Assert.Contains("NOT FINITE at 1", agreement.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Agreement_OfDifferentVocabulariesIsAnError() =>
        Assert.Throws<ArgumentException>(() => new LogitsAgreement().Add([1, 2], [1, 2, 3]));

    [Fact]
    public void ArgMax_TakesTheFirstOfEqualOnes() => Assert.Equal(1, LogitsAgreement.ArgMax([0, 5, 5, 1]));
}
