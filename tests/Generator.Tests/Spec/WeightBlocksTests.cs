using System;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;
using Format = Llamalith.Generator.Quant.WeightFormat;

namespace Llamalith.Tests.Spec;

/// <summary>
/// Each format and each instruction set is known by one object; the compiler and the runtime each know how large a block is.
/// </summary>
public sealed class WeightBlocksTests
{
    public static TheoryData<string> Names => [.. WeightBlocks.All.Select(static block => block.Name)];

    [Fact]
    public void Format_HasOneBlock() => Assert.Equal(
        Enum.GetValues<Format>().Where(static format => int.PopCount((int)format) == 1),
        WeightBlocks.All.Select(static block => block.Format));

    [Theory]
    [MemberData(nameof(Names))]
    public void Block_IsTheRuntimes(string name)
    {
        TensorType type = Enum.Parse<TensorType>(name);
        WeightBlock block = WeightBlocks.All.Single(block => block.Name == name);
        Assert.Equal(new TensorBlock(block.Columns, block.StoredBytes), TensorTypes.BlockOf(type));
        Assert.Equal(WeightPacker.PanelBytes(type, 3 * block.Columns), 3L * block.PanelBytes);
    }

    [Fact]
    public void InstructionSet_HasOneDialectOfItsName()
    {
        Assert.Equal(
            Enum.GetValues<InstructionSet>().Where(static set => int.PopCount((int)set) == 1),
            Dialects.All.Select(static dialect => dialect.Set).Order());
        Assert.All(Dialects.All, static dialect => Assert.Equal(dialect.Set.ToString(), dialect.Name));
        Assert.All(Dialects.All, static dialect => Assert.Equal(dialect.Id, dialect.Name, ignoreCase: true));
    }
}
