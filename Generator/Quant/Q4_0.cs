namespace Llamalith.Generator.Quant;

/// <summary>Nibbles around 8, a scale for each 32.</summary>
internal static class Q4_0
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q4_0, 32, StoredBytes: 18, [new(4, 0)], Center: 8, SubBlock: 32, ScaleStorage.Halves, HasMinima: false);
}
