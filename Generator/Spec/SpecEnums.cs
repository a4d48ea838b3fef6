namespace Llamalith.Generator.Spec;

// Mirrors of the attribute assembly's enums: the generator references no other project. A reflection test keeps names and values equal.

internal enum KvFormat
{
    F16 = 0,
    F32 = 1,
    Int8 = 2,
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
