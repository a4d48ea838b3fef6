using System.Collections.Generic;
using System.Linq;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Llamalith.Packer.Compilation;

/// <summary>The instruction set to compile for when the engine runs here and now: the best of this machine, and no other.</summary>
internal static class MachineIsa
{
    /// <summary>It; <see cref="Isa.Scalar"/> where the machine has none of the vector ones.</summary>
    public static Isa Best => Vectors.FirstOrDefault(Isa.Scalar);

    /// <summary>
    /// Those with vectors that the machine has, best first, as the emitted dispatch asks. Environment variables such as
    /// DOTNET_EnableAVX512=0 count.
    /// </summary>
    public static IEnumerable<Isa> Vectors
    {
        get
        {
            if (Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Fma.IsSupported)
                yield return Isa.Avx512;
            if (Avx2.IsSupported && Fma.IsSupported)
                yield return Isa.Avx2;
            if (AdvSimd.Arm64.IsSupported)
                yield return Isa.Neon;
        }
    }

    /// <summary>Whether it multiplies integers with AVX-VNNI, as the emitted dispatch asks.</summary>
    public static bool HasAvxVnni => AvxVnni.IsSupported && Fma.IsSupported;
}
