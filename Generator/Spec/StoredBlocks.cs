using System.Collections.Generic;

namespace Llamalith.Generator.Spec;

/// <summary>What a weight format takes: so many columns of a row in so many bytes.</summary>
internal readonly record struct StoredBlock(WeightFormat Format, int Columns, int Bytes);

/// <summary>The blocks of all weight formats, as files store them. A test keeps them equal to the runtime's and the kernels'.</summary>
internal static class StoredBlocks
{
    public static IReadOnlyList<StoredBlock> All { get; } =
    [
        new(WeightFormat.F32, 1, 4),
        new(WeightFormat.F16, 1, 2),
        new(WeightFormat.BF16, 1, 2),
        new(WeightFormat.Q8_0, 32, 34),
        new(WeightFormat.Q4_0, 32, 18),
        new(WeightFormat.Q4_1, 32, 20),
        new(WeightFormat.Q5_0, 32, 22),
        new(WeightFormat.Q5_1, 32, 24),
        new(WeightFormat.Q2_K, 256, 84),
        new(WeightFormat.Q3_K, 256, 110),
        new(WeightFormat.Q4_K, 256, 144),
        new(WeightFormat.Q5_K, 256, 176),
        new(WeightFormat.Q6_K, 256, 210),
    ];
}
