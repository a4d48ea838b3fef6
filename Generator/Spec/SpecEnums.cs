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
    Yarn = 3,
    LongRope = 4,
}

internal enum Activation
{
    Silu = 0,
    GeluTanh = 1,
    Gelu = 2,
}

internal enum NormPlacement
{
    Before = 0,
    After = 1,
    Both = 2,
}

internal enum QkNorm
{
    None = 0,
    Head = 1,
    Projection = 2,
}
