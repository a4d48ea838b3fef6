using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Llamalith.KernelChecks;

/// <summary>Which instruction set an engine has to pick in this process, said independently of the engines.</summary>
internal static class InstructionSets
{
    public static bool HasAvx512 => Avx512F.IsSupported && Avx512F.VL.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported;

    public static bool HasAvx2 => Avx2.IsSupported && Fma.IsSupported;

    public static bool HasNeon => AdvSimd.Arm64.IsSupported;

    /// <summary>Whether dot products of four bytes are there, ARM's or AVX-VNNI's; kernels do without where not.</summary>
    public static bool HasDotProduct => Dp.Arm64.IsSupported || (AvxVnni.IsSupported && HasAvx2);

    /// <summary>The best of <paramref name="compiled"/> that the process offers; null where it offers none of them.</summary>
    public static string? Best(Isa compiled)
    {
        if (compiled.HasFlag(Isa.Avx512) && HasAvx512)
            return "avx512";
        if (compiled.HasFlag(Isa.Avx2) && HasAvx2)
            return "avx2";
        if (compiled.HasFlag(Isa.Neon) && HasNeon)
            return "neon";
        return compiled.HasFlag(Isa.Scalar) ? "scalar" : null;
    }
}
