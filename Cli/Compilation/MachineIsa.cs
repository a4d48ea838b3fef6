using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Llamalith.Cli.Compilation;

/// <summary>The instruction set to compile for when the engine runs here and now: the best of this machine, and no other.</summary>
internal static class MachineIsa
{
    /// <summary>It; <see cref="Isa.Scalar"/> where the machine has none of the vector ones.</summary>
    public static Isa Best
    {
        get
        {
            // As the emitted dispatch asks. Environment variables such as DOTNET_EnableAVX512=0 count.
            if (Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Fma.IsSupported)
                return Isa.Avx512;
            if (Avx2.IsSupported && Fma.IsSupported)
                return Isa.Avx2;
            return AdvSimd.Arm64.IsSupported ? Isa.Neon : Isa.Scalar;
        }
    }

    /// <summary>Whether it multiplies integers with AVX-VNNI, as the emitted dispatch asks.</summary>
    public static bool HasAvxVnni => AvxVnni.IsSupported && Fma.IsSupported;
}
