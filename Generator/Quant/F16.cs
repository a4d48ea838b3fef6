namespace Llamalith.Generator.Quant;

/// <summary>16-bit IEEE floats.</summary>
internal static class F16
{
    public static WeightBlock Block { get; } = new FloatBlock(WeightFormat.F16, FloatStorage.Half);
}
