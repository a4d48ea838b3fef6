using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Generator.Quant;

/// <summary>The weight formats, with the names and values of the attribute's enum: a test keeps them equal.</summary>
[Flags]
internal enum WeightFormat
{
    None = 0,
    F32 = 1 << 0,
    F16 = 1 << 1,
    BF16 = 1 << 2,
    Q8_0 = 1 << 3,
    Q4_0 = 1 << 4,
    Q4_1 = 1 << 5,
    Q5_0 = 1 << 6,
    Q5_1 = 1 << 7,
    Q2_K = 1 << 8,
    Q3_K = 1 << 9,
    Q4_K = 1 << 10,
    Q5_K = 1 << 11,
    Q6_K = 1 << 12,
    Q3_K_M = Q3_K | Q4_K | Q5_K | Q6_K,
    Q4_K_M = Q4_K | Q6_K,
    Q5_K_M = Q5_K | Q6_K,
}

/// <summary>What each of them is: how files store it, how panels hold it.</summary>
internal static class WeightBlocks
{
    public static IReadOnlyList<WeightBlock> All { get; } =
    [
        F32.Block, F16.Block, BF16.Block, Q8_0.Block, Q4_0.Block, Q4_1.Block, Q5_0.Block, Q5_1.Block,
        Q2_K.Block, Q3_K.Block, Q4_K.Block, Q5_K.Block, Q6_K.Block,
    ];

    /// <summary>Every format that there is a block for.</summary>
    public static WeightFormat AllFormats { get; } = All.Aggregate(WeightFormat.None, static (all, block) => all | block.Format);

    /// <summary>The blocks of the declared formats, in the order of their bits.</summary>
    public static IReadOnlyList<WeightBlock> Of(WeightFormat formats) => All.Where(block => (formats & block.Format) != 0).ToList();
}
