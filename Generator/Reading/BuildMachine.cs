using System;
using System.Reflection;

namespace Llamalith.Generator.Reading;

/// <summary>
/// What the machine that builds can run, for builds that ask for just that. The compiler itself is compiled for any machine and
/// does not know the types, but the framework that it runs on does.
/// </summary>
internal static class BuildMachine
{
    public static Spec.Isa Isa { get; } = Find();

    private static Spec.Isa Find()
    {
        Spec.Isa isa = Spec.Isa.Scalar;
        if (IsSupported("X86.Avx2") && IsSupported("X86.Fma"))
            isa |= Spec.Isa.Avx2;
        if (IsSupported("X86.Avx512BW+VL") && IsSupported("X86.Avx512DQ+VL"))
            isa |= Spec.Isa.Avx512;
        if (IsSupported("Arm.AdvSimd+Arm64"))
            isa |= Spec.Isa.Neon;
        return isa;
    }

    private static bool IsSupported(string name) =>
        Type.GetType("System.Runtime.Intrinsics." + name)?.GetProperty("IsSupported", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is true;
}
