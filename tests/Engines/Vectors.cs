namespace Llamalith.Engines;

/// <summary>
/// The instruction sets that engines are compiled for: only those that a processor of this architecture can have, since no other
/// kernel could run. A class for one of them alone runs on every machine that has it, beside wider ones too.
/// </summary>
internal static class Vectors
{
#if ARM64
    public const Isa Wide = Isa.Neon;
    public const Isa Narrow = Isa.Neon;

    // On 64-bit ARM the vector unit is always there, and scalar kernels beside it would never be chosen.
    public const Isa All = Isa.Neon;
#else
    public const Isa Wide = Isa.Avx512;
    public const Isa Narrow = Isa.Avx2;
    public const Isa All = Wide | Narrow | Isa.Scalar;
#endif
}
