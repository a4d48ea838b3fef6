namespace Llamalith.Generator.Quant;

/// <summary>Two bits and a third around 4, in blocks of 256; a signed 6-bit scale for each 16, kept as a byte.</summary>
internal static class Q3_K
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q3_K, 256, StoredBytes: 110, [new(2, 0), new(1, 2)], Center: 4, SubBlock: 16,
        ScaleStorage.SignedBytes, HasMinima: false);
}
