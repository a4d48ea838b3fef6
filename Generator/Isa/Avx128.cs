namespace Llamalith.Generator.Isa;

/// <summary>The lower half of an AVX register: the width for dimensions that 8 does not divide. Never a target of its own.</summary>
internal sealed class Avx128(int registers) : X86Dialect
{
    public override string Name => "Avx128";

    public override string Id => "avx128";

    public override InstructionSet Set => InstructionSet.Avx2;

    public override string Guard => "X86Avx2.IsSupported && X86Fma.IsSupported";

    public override int Lanes => 4;

    public override int Registers => registers;

    public override Dialect Narrower { get; } = new Scalar(fused: true);

    public override string Fma(string a, string b, string c) => $"X86Fma.MultiplyAdd({a}, {b}, {c})";

    public override string Max(string a, string b) => $"X86Sse.Max({a}, {b})";

    public override string Min(string a, string b) => $"X86Sse.Min({a}, {b})";

    public override string LargestLane => """
        v = X86Sse.Max(v, X86Avx.Permute(v, 0x4E));
        return V128.ToScalar(X86Sse.Max(v, X86Avx.Permute(v, 0xB1)));
        """;

    public override string HalvedSum => """
        v += X86Avx.Permute(v, 0x4E);
        return V128.ToScalar(v + X86Avx.Permute(v, 0xB1));
        """;

    public override string SwapPairs(string vector) => $"X86Avx.Permute({vector}, 0xB1)";

    public override string Round(string vector) => $"X86Sse41.RoundToNearestInteger({vector})";

    public override string ScaleByPowerOfTwo(string vector, string integer) =>
        $"{vector} * V128.AsSingle((X86Sse2.ConvertToVector128Int32({integer}) + V128.Create(127)) << 23)";

    public override string WidenBytes(string pointer, bool signed) =>
        $"X86Sse41.ConvertToVector128Int32(({(signed ? "sbyte" : "byte")}*)({pointer}))";

    public override string StoreBytes(string pointer, string vector) =>
        throw new System.NotSupportedException("The narrow width never quantises.");

    protected override string MultiplyAddAdjacentBytes => "X86Ssse3.MultiplyAddAdjacent";

    protected override string MultiplyAddAdjacentShorts => "X86Sse2.MultiplyAddAdjacent";

    protected override string WidenInt16(string pointer) => $"X86Sse41.ConvertToVector128Int32((short*)({pointer}))";
}
