using Llamalith.Cli.Output;

namespace Llamalith.Tests.Output;

public class QuantityTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.0 kB")]
    [InlineData(999_949, "999.9 kB")]
    [InlineData(999_950, "1.0 MB")]
    [InlineData(3_825_000_000, "3.8 GB")]
    [InlineData(long.MaxValue, "9223372.0 TB")]
    public void Bytes_HaveThreeDigitsOrSo(long bytes, string expected) => Assert.Equal(expected, Quantity.Bytes(bytes));

    [Fact]
    public void Count_SaysOneAndMany()
    {
        Assert.Equal("1 tensor", Quantity.Count(1, "tensor"));
        Assert.Equal("32,000 tokens", Quantity.Count(32000, "token"));
    }
}
