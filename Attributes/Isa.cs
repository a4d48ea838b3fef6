using System;

namespace Llamalith;

/// <summary>The instruction sets that the compiler can emit kernels for.</summary>
[Flags]
public enum Isa
{
    /// <summary>Nothing: an error, since no kernel would be left.</summary>
    None = 0,

    /// <summary>Plain C#: runs anywhere, slowly.</summary>
    Scalar = 1,

    /// <summary>x86-64 with AVX2 and FMA: 8 floats a vector, 16 registers.</summary>
    Avx2 = 2,

    /// <summary>x86-64 with AVX-512 F, BW, DQ and VL: 16 floats a vector, 32 registers.</summary>
    Avx512 = 4,

    /// <summary>64-bit ARM with Advanced SIMD: 4 floats a vector, 32 registers.</summary>
    Neon = 8,

    /// <summary>Every instruction set; the best that the machine has is picked at run time.</summary>
    All = Scalar | Avx2 | Avx512 | Neon,
}
