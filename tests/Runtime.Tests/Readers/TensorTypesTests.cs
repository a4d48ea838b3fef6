using System;
using Llamalith.Contracts;

namespace Llamalith.Tests.Readers;

public sealed class TensorTypesTests
{
    // GGML's ids, and the sizes of its block structures.
    [Theory]
    [InlineData("F32", 0, 1, 4)]
    [InlineData("F16", 1, 1, 2)]
    [InlineData("Q4_0", 2, 32, 18)]
    [InlineData("Q4_1", 3, 32, 20)]
    [InlineData("Q5_0", 6, 32, 22)]
    [InlineData("Q5_1", 7, 32, 24)]
    [InlineData("Q8_0", 8, 32, 34)]
    [InlineData("Q2_K", 10, 256, 84)]
    [InlineData("Q3_K", 11, 256, 110)]
    [InlineData("Q4_K", 12, 256, 144)]
    [InlineData("Q5_K", 13, 256, 176)]
    [InlineData("Q6_K", 14, 256, 210)]
    [InlineData("BF16", 30, 1, 2)]
    [InlineData("IQ4_NL", 20, 32, 18)]
    [InlineData("IQ4_XS", 23, 256, 136)]
    [InlineData("TQ1_0", 34, 256, 54)]
    [InlineData("TQ2_0", 35, 256, 66)]
    [InlineData("MXFP4", 39, 32, 17)]
    [InlineData("NVFP4", 40, 64, 36)]
    public void Table_HasTheFormatsNumbers(string name, int id, int elements, int bytes)
    {
        Assert.Equal(id, (int)Enum.Parse<TensorType>(name));
        Assert.Equal(new TensorBlock(elements, bytes), TensorTypes.BlockOf((TensorType)id));
    }

    [Fact]
    public void Table_HasARowForEveryType()
    {
        foreach (TensorType type in Enum.GetValues<TensorType>())
            Assert.True(TensorTypes.TryGetBlock(type, out _), $"{type} has no row.");
    }

    [Fact]
    public void Table_KnowsNothingElse()
    {
        for (int id = -1; id < 100; id++)
            Assert.Equal(Enum.IsDefined((TensorType)id), TensorTypes.TryGetBlock((TensorType)id, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorTypes.BlockOf((TensorType)99));
    }

    [Fact]
    public void ByteLength_CountsWholeBlocks()
    {
        Assert.Equal(3 * 5 * 4, TensorTypes.ByteLength(TensorType.F32, 3, 5));
        Assert.Equal(3 * 2 * 34, TensorTypes.ByteLength(TensorType.Q8_0, 3, 64));
        Assert.Equal(0, TensorTypes.ByteLength(TensorType.Q4_K, 0, 256));
        Assert.Throws<ArgumentException>(() => TensorTypes.ByteLength(TensorType.Q8_0, 3, 33));
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorTypes.ByteLength(TensorType.F32, -1, 1));
        Assert.Throws<OverflowException>(() => TensorTypes.ByteLength(TensorType.F32, 1L << 40, 1L << 40));
    }
}
