using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Generator.Quant;

/// <summary>Every weight format that panels can be packed in.</summary>
internal static class WeightBlocks
{
    public static IReadOnlyList<WeightBlock> All { get; } =
    [
        F32.Block, F16.Block, BF16.Block, Q8_0.Block, Q4_0.Block, Q4_1.Block, Q5_0.Block, Q5_1.Block,
        Q2_K.Block, Q3_K.Block, Q4_K.Block, Q5_K.Block, Q6_K.Block,
    ];

    /// <summary>The declared formats, in the order of their bits.</summary>
    public static IReadOnlyList<WeightBlock> Of(int flags) => All.Where(block => (flags & block.Flag) != 0).ToList();
}
