using System;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Generator.Quant;
using Llamalith.Generator.Spec;

namespace Llamalith.Tests.Spec;

/// <summary>Rules, kernels and runtime each know how large a block is; here they are at one table.</summary>
public sealed class StoredBlocksTests
{
    public static TheoryData<string> Names => [.. StoredBlocks.All.Select(static block => block.Format.ToString())];

    [Fact]
    public void Table_HasEveryFormatOnce() =>
        Assert.Equal(WeightBlocks.All.Select(static block => block.Name), StoredBlocks.All.Select(static block => block.Format.ToString()));

    [Theory]
    [MemberData(nameof(Names))]
    public void Block_IsTheRuntimesAndTheKernels(string name)
    {
        StoredBlock stored = StoredBlocks.All.Single(block => block.Format.ToString() == name);
        TensorType type = Enum.Parse<TensorType>(name);
        WeightBlock kernels = WeightBlocks.All.Single(block => block.Name == name);
        Assert.Equal(new TensorBlock(stored.Columns, stored.Bytes), TensorTypes.BlockOf(type));
        Assert.Equal((int)stored.Format, kernels.Flag);
        Assert.Equal(stored.Columns, kernels.Columns);
        Assert.Equal(WeightPacker.PanelBytes(type, 3 * stored.Columns), 3L * kernels.PanelBytes);
    }
}
