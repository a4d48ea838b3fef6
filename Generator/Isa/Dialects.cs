using System;
using System.Collections.Generic;

namespace Llamalith.Generator.Isa;

/// <summary>The instruction sets, with the names and values of the attribute's enum: a test keeps them equal.</summary>
[Flags]
internal enum InstructionSet
{
    None = 0,
    Scalar = 1,
    Avx2 = 2,
    Avx512 = 4,
    Neon = 8,
    All = Scalar | Avx2 | Avx512 | Neon,
}

/// <summary>The instruction sets that kernels can be emitted for, best first: the order in which dispatch asks for them.</summary>
internal static class Dialects
{
    public static IReadOnlyList<Dialect> All { get; } = [new Avx512(), new Avx2(registers: 16), new Neon(), new Scalar(fused: false)];

    /// <summary>What does products of integers beside some of <see cref="All"/>, where the machine has it.</summary>
    public static IReadOnlyList<Dialect> ForIntegers { get; } = [new AvxVnni()];

    /// <summary>The names that dialects spell their operations with: of vector types and of classes of instructions.</summary>
    public static IReadOnlyList<(string Name, string Type)> Aliases { get; } =
    [
        ("ArmAdvSimd", "System.Runtime.Intrinsics.Arm.AdvSimd"),
        ("ArmAdvSimd64", "System.Runtime.Intrinsics.Arm.AdvSimd.Arm64"),
        ("ArmDp", "System.Runtime.Intrinsics.Arm.Dp"),
        ("Bytes16", "System.Runtime.Intrinsics.Vector128<byte>"),
        ("Ints16", "System.Runtime.Intrinsics.Vector512<int>"),
        ("Ints4", "System.Runtime.Intrinsics.Vector128<int>"),
        ("Ints8", "System.Runtime.Intrinsics.Vector256<int>"),
        ("SBytes16", "System.Runtime.Intrinsics.Vector128<sbyte>"),
        ("Shorts16", "System.Runtime.Intrinsics.Vector256<short>"),
        ("Shorts32", "System.Runtime.Intrinsics.Vector512<short>"),
        ("Shorts4", "System.Runtime.Intrinsics.Vector64<short>"),
        ("Shorts8", "System.Runtime.Intrinsics.Vector128<short>"),
        ("UInts4", "System.Runtime.Intrinsics.Vector128<uint>"),
        ("V128", "System.Runtime.Intrinsics.Vector128"),
        ("V256", "System.Runtime.Intrinsics.Vector256"),
        ("V512", "System.Runtime.Intrinsics.Vector512"),
        ("V64", "System.Runtime.Intrinsics.Vector64"),
        ("Vec16", "System.Runtime.Intrinsics.Vector512<float>"),
        ("Vec4", "System.Runtime.Intrinsics.Vector128<float>"),
        ("Vec8", "System.Runtime.Intrinsics.Vector256<float>"),
        ("X86Avx", "System.Runtime.Intrinsics.X86.Avx"),
        ("X86Avx2", "System.Runtime.Intrinsics.X86.Avx2"),
        ("X86Avx512BW", "System.Runtime.Intrinsics.X86.Avx512BW"),
        ("X86Avx512DQ", "System.Runtime.Intrinsics.X86.Avx512DQ"),
        ("X86Avx512F", "System.Runtime.Intrinsics.X86.Avx512F"),
        ("X86AvxVnni", "System.Runtime.Intrinsics.X86.AvxVnni"),
        ("X86Fma", "System.Runtime.Intrinsics.X86.Fma"),
        ("X86Sse", "System.Runtime.Intrinsics.X86.Sse"),
        ("X86Sse2", "System.Runtime.Intrinsics.X86.Sse2"),
        ("X86Sse41", "System.Runtime.Intrinsics.X86.Sse41"),
        ("X86Ssse3", "System.Runtime.Intrinsics.X86.Ssse3"),
    ];
}
