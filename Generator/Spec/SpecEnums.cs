using System;

namespace Llamalith.Generator.Spec;

// Mirrors of the attribute assembly's enums: the generator references no other project. A reflection test keeps names and values equal.

internal enum WeightFormat
{
    F32 = 0,
}

internal enum KvFormat
{
    F16 = 0,
    F32 = 1,
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
