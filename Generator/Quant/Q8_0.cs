namespace Llamalith.Generator.Quant;

/// <summary>Signed bytes, a scale for each 32.</summary>
internal static class Q8_0
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q8_0, 32, StoredBytes: 34, [new(8, 0)], Center: 0, SubBlock: 32, ScaleStorage.Halves, HasMinima: false);
}
