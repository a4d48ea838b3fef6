namespace Llamalith.Generator.Quant;

/// <summary>Nibbles, a scale and a minimum for each 32. The file adds its minimum; the panel keeps it negated, to be subtracted.</summary>
internal static class Q4_1
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q4_1, 32, StoredBytes: 20, [new(4, 0)], Center: 0, SubBlock: 32, ScaleStorage.Halves, HasMinima: true);
}
