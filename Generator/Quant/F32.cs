namespace Llamalith.Generator.Quant;

/// <summary>32-bit floats.</summary>
internal static class F32
{
    public static WeightBlock Block { get; } = new FloatBlock(WeightFormat.F32, FloatStorage.Single);
}
