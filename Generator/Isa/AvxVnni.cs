namespace Llamalith.Generator.Isa;

/// <summary>
/// AVX-VNNI beside AVX2: unsigned bytes times signed ones, summed in 32 bits by one instruction. Nothing but products of integers is
/// emitted for it; its instruction knows 256 bits and the lower 16 registers only, so that AVX-512 does some products as fast.
/// </summary>
internal sealed class AvxVnni() : Avx2(registers: 16)
{
    public override string Name => "AvxVnni";

    public override string Id => "avxvnni";

    public override InstructionSet Helps => InstructionSet.Avx2 | InstructionSet.Avx512;

    public override string Guard => "X86AvxVnni.IsSupported && X86Fma.IsSupported";

    public override bool MultipliesIntegersOnly => true;

    public override string ChainType => IntType;

    // Two chains a chunk: the instruction takes five cycles, and two start in each.
    public override int ChainUnits(int largestCode) => 4;

    public override string Dot(string start, string unit, string activations) =>
        $"X86AvxVnni.MultiplyWideningAndAdd({(start.Length == 0 ? "Ints8.Zero" : start)}, V256.AsByte({unit}), "
            + $"V256.AsSByte({activations}))";

    public override string FinishChain(string chain) => chain;

    public override SignedBytes SignedBytes => SignedBytes.Offset;
}
