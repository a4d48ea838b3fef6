namespace Llamalith.Generator.Quant;

/// <summary>Two bits in blocks of 256; a 4-bit scale and a 4-bit minimum for each 16.</summary>
internal static class Q2_K
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q2_K, 256, StoredBytes: 84, [new(2, 0)], Center: 0, SubBlock: 16, ScaleStorage.Nibbles, HasMinima: true);
}
