namespace Llamalith.Generator.Quant;

/// <summary>Nibbles and a fifth bit in blocks of 256; a 6-bit scale and a 6-bit minimum for each 32, kept as bytes.</summary>
internal static class Q5_K
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q5_K, 256, StoredBytes: 176, [new(4, 0), new(1, 4)], Center: 0, SubBlock: 32, ScaleStorage.Bytes, HasMinima: true);
}
