namespace Llamalith.Generator.Quant;

/// <summary>Nibbles and a fifth bit around 16, a scale for each 32.</summary>
internal static class Q5_0
{
    public static WeightBlock Block { get; } = new IntegerBlock("Q5_0", 1 << 6, 32, [new(4, 0), new(1, 4)], Center: 16, SubBlock: 32, ScaleStorage.Halves, HasMinima: false);
}
