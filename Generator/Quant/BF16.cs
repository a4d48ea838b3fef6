namespace Llamalith.Generator.Quant;

/// <summary>bfloat16.</summary>
internal static class BF16
{
    public static WeightBlock Block { get; } = new FloatBlock(WeightFormat.BF16, FloatStorage.BFloat);
}
