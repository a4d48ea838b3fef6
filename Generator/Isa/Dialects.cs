using System.Collections.Generic;

namespace Llamalith.Generator.Isa;

/// <summary>The instruction sets that kernels can be emitted for, best first: the order in which dispatch asks for them.</summary>
internal static class Dialects
{
    public static IReadOnlyList<(int Flag, Dialect Dialect)> All { get; } =
    [
        (4, new Avx512()),
        (2, new Avx2(registers: 16)),
        (8, new Neon()),
        (1, new Scalar(fused: false)),
    ];

    /// <summary>What does products of integers beside some of <see cref="All"/>, where the machine has it.</summary>
    public static IReadOnlyList<(int Flags, Dialect Dialect)> ForIntegers { get; } = [(2 | 4, new AvxVnni())];

    /// <summary>
    /// The aliases that kernels are written in. Framework types are named through aliases because the nested classes Avx2, Avx512...
    /// and the user's own types hide simple names.
    /// </summary>
    public const string Header = """
        using System;
        using System.Runtime.CompilerServices;
        using ArmAdvSimd = System.Runtime.Intrinsics.Arm.AdvSimd;
        using ArmAdvSimd64 = System.Runtime.Intrinsics.Arm.AdvSimd.Arm64;
        using ArmDp = System.Runtime.Intrinsics.Arm.Dp;
        using Bytes16 = System.Runtime.Intrinsics.Vector128<byte>;
        using Ints16 = System.Runtime.Intrinsics.Vector512<int>;
        using Ints4 = System.Runtime.Intrinsics.Vector128<int>;
        using Ints8 = System.Runtime.Intrinsics.Vector256<int>;
        using SBytes16 = System.Runtime.Intrinsics.Vector128<sbyte>;
        using Shorts16 = System.Runtime.Intrinsics.Vector256<short>;
        using Shorts32 = System.Runtime.Intrinsics.Vector512<short>;
        using Shorts8 = System.Runtime.Intrinsics.Vector128<short>;
        using V128 = System.Runtime.Intrinsics.Vector128;
        using V256 = System.Runtime.Intrinsics.Vector256;
        using V512 = System.Runtime.Intrinsics.Vector512;
        using V64 = System.Runtime.Intrinsics.Vector64;
        using Vec16 = System.Runtime.Intrinsics.Vector512<float>;
        using Vec4 = System.Runtime.Intrinsics.Vector128<float>;
        using Vec8 = System.Runtime.Intrinsics.Vector256<float>;
        using X86Avx = System.Runtime.Intrinsics.X86.Avx;
        using X86Avx2 = System.Runtime.Intrinsics.X86.Avx2;
        using X86Avx512BW = System.Runtime.Intrinsics.X86.Avx512BW;
        using X86Avx512DQ = System.Runtime.Intrinsics.X86.Avx512DQ;
        using X86Avx512F = System.Runtime.Intrinsics.X86.Avx512F;
        using X86AvxVnni = System.Runtime.Intrinsics.X86.AvxVnni;
        using X86Fma = System.Runtime.Intrinsics.X86.Fma;
        using X86Sse = System.Runtime.Intrinsics.X86.Sse;
        using X86Sse2 = System.Runtime.Intrinsics.X86.Sse2;
        using X86Sse41 = System.Runtime.Intrinsics.X86.Sse41;
        using X86Ssse3 = System.Runtime.Intrinsics.X86.Ssse3;
        """;
}
