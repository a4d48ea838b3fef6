namespace Llamalith.Generator.Quant;

/// <summary>Signed bytes, a scale for each 32.</summary>
internal static class Q8_0
{
    public static WeightBlock Block { get; } = new IntegerBlock("Q8_0", 1 << 3, 32, [new(8, 0)], Center: 0, SubBlock: 32, ScaleStorage.Halves, HasMinima: false);
}
