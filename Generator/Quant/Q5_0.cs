namespace Llamalith.Generator.Quant;

/// <summary>Nibbles and a fifth bit around 16, a scale for each 32.</summary>
internal static class Q5_0
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q5_0, 32, StoredBytes: 22, [new(4, 0), new(1, 4)], Center: 16, SubBlock: 32, ScaleStorage.Halves, HasMinima: false);
}
