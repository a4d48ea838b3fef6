namespace Llamalith.Generator.Quant;

/// <summary>Nibbles and two more bits around 32, in blocks of 256; a signed 8-bit scale for each 16.</summary>
internal static class Q6_K
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q6_K, 256, StoredBytes: 210, [new(4, 0), new(2, 4)], Center: 32, SubBlock: 16,
        ScaleStorage.SignedBytes, HasMinima: false);
}
