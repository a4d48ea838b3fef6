using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>A vector of float weights, widened from what the panel stores.</summary>
internal static class FloatLoad
{
    public static string Write(Dialect isa, FloatBlock format, string pointer) => format.Storage switch
    {
        FloatStorage.Half => isa.WidenHalf(pointer),
        FloatStorage.BFloat => isa.WidenBFloat(pointer),
        _ => isa.Load(pointer),
    };

    /// <summary>What sums over loaded weights must be multiplied by; empty for nothing.</summary>
    public static string Scale(Dialect isa, FloatBlock format) => !format.HasUnit ? "" : isa.HalfScale == "1f" ? "unit" : $"unit * {isa.HalfScale}";
}
