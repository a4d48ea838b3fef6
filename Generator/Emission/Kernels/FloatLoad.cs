using System;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>A vector of float weights, widened from what the panel stores.</summary>
internal static class FloatLoad
{
    public static string Write(Dialect isa, FloatBlock format, string pointer) => format.Storage switch
    {
        FloatStorage.Single => isa.Load(pointer),
        FloatStorage.Half => isa.WidenHalf(pointer),
        FloatStorage.BFloat => isa.WidenBFloat(pointer),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format.Storage, "No such storage of floats."),
    };

    /// <summary>
    /// What sums over loaded weights must be multiplied by, at once, since half of it could leave subnormal ones; empty for nothing.
    /// </summary>
    public static string Scale(FloatBlock format) => format.HasUnit ? $"(unit * {Dialect.HalfFactor})" : "";
}
