namespace Llamalith.Generator.Quant;

/// <summary>bfloat16.</summary>
internal static class BF16
{
    public static WeightBlock Block { get; } = new FloatBlock("BF16", 1 << 2, FloatStorage.BFloat);
}
