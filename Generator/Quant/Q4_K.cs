namespace Llamalith.Generator.Quant;

/// <summary>Nibbles in blocks of 256; a 6-bit scale and a 6-bit minimum for each 32, kept as bytes.</summary>
internal static class Q4_K
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q4_K, 256, StoredBytes: 144, [new(4, 0)], Center: 0, SubBlock: 32, ScaleStorage.Bytes, HasMinima: true);
}
