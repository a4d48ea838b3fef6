namespace Llamalith.Generator.Quant;

/// <summary>
/// Nibbles and a fifth bit, a scale and a minimum for each 32. The file adds its minimum; the panel keeps it negated, to be subtracted.
/// </summary>
internal static class Q5_1
{
    public static WeightBlock Block { get; } = new IntegerBlock(
        WeightFormat.Q5_1, 32, StoredBytes: 24, [new(4, 0), new(1, 4)], Center: 0, SubBlock: 32, ScaleStorage.Halves, HasMinima: true);
}
