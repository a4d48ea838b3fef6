using System;

namespace Llamalith.Generator.Spec;

// Mirrors of the attribute assembly's enums: the generator references no other project. A reflection test keeps names and values equal.

[Flags]
internal enum WeightFormat
{
    None = 0,
    F32 = 1 << 0,
    F16 = 1 << 1,
    BF16 = 1 << 2,
    Q8_0 = 1 << 3,
    Q4_0 = 1 << 4,
    Q4_1 = 1 << 5,
    Q5_0 = 1 << 6,
    Q5_1 = 1 << 7,
    Q2_K = 1 << 8,
    Q3_K = 1 << 9,
    Q4_K = 1 << 10,
    Q5_K = 1 << 11,
    Q6_K = 1 << 12,
    Q3_K_M = Q3_K | Q4_K | Q5_K | Q6_K,
    Q4_K_M = Q4_K | Q6_K,
    Q5_K_M = Q5_K | Q6_K,
}

internal enum KvFormat
{
    F16 = 0,
    F32 = 1,
    Int8 = 2,
}

[Flags]
internal enum Isa
{
    None = 0,
    Scalar = 1,
    Avx2 = 2,
    Avx512 = 4,
    Neon = 8,
    All = Scalar | Avx2 | Avx512 | Neon,
}

internal enum RopeLayout
{
    Interleaved = 0,
    HalfSplit = 1,
}

internal enum RopeScaling
{
    None = 0,
    Linear = 1,
    Llama3 = 2,
}
