using System;
using System.Collections.Generic;

namespace Llamalith.Generator.Isa;

/// <summary>AVX2 and FMA: 8 floats a vector, 16 registers (32 where it serves AVX-512 as the narrower width).</summary>
internal class Avx2(int registers) : X86Dialect
{
    public override string Name => "Avx2";

    public override string Id => "avx2";

    public override InstructionSet Set => InstructionSet.Avx2;

    public override IReadOnlyList<string> SupportTypes => ["X86.Avx2", "X86.Fma"];

    public override bool IsIn(string ilcInstructionSet) =>
        ilcInstructionSet is "x86-64-v3" or "x86-64-v4" or "avx2" || ilcInstructionSet.StartsWith("avx512", StringComparison.Ordinal);

    public override string Guard => "X86Avx2.IsSupported && X86Fma.IsSupported";

    public override int Lanes => 8;

    public override int Registers => registers;

    public override Dialect Narrower { get; } = new Avx128(registers);

    public override string Fma(string a, string b, string c) => $"X86Fma.MultiplyAdd({a}, {b}, {c})";

    public override string Max(string a, string b) => $"X86Avx.Max({a}, {b})";

    public override string Min(string a, string b) => $"X86Avx.Min({a}, {b})";

    public override string LargestLane => """
        Vec4 half = X86Sse.Max(V256.GetLower(v), V256.GetUpper(v));
        half = X86Sse.Max(half, X86Avx.Permute(half, 0x4E));
        return V128.ToScalar(X86Sse.Max(half, X86Avx.Permute(half, 0xB1)));
        """;

    public override string HalvedSum => """
        Vec4 half = V256.GetLower(v) + V256.GetUpper(v);
        half += X86Avx.Permute(half, 0x4E);
        return V128.ToScalar(half + X86Avx.Permute(half, 0xB1));
        """;

    public override string SwapPairs(string vector) => $"X86Avx.Permute({vector}, 0xB1)";

    public override string Round(string vector) => $"X86Avx.RoundToNearestInteger({vector})";

    public override string ScaleByPowerOfTwo(string vector, string integer) =>
        $"{vector} * V256.AsSingle((X86Avx.ConvertToVector256Int32({integer}) + V256.Create(127)) << 23)";

    public override string WidenBytes(string pointer, bool signed) =>
        $"X86Avx2.ConvertToVector256Int32(({(signed ? "sbyte" : "byte")}*)({pointer}))";

    public override string StoreBytes(string pointer, string vector) =>
        $"StoreBytes((sbyte*)({pointer}), X86Avx.ConvertToVector256Int32({vector}));";

    public override string IntegerHelpers => """
        [@MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void StoreBytes(sbyte* to, Ints8 integers)
        {
            Shorts8 words = X86Sse2.PackSignedSaturate(V256.GetLower(integers), V256.GetUpper(integers));
            *(long*)to = V128.ToScalar(V128.AsInt64(X86Sse2.PackSignedSaturate(words, words)));
        }
        """;

    protected override string MultiplyAddAdjacentBytes => "X86Avx2.MultiplyAddAdjacent";

    protected override string MultiplyAddAdjacentShorts => "X86Avx2.MultiplyAddAdjacent";

    protected override string WidenInt16(string pointer) => $"X86Avx2.ConvertToVector256Int32(*(Shorts8*)({pointer}))";
}
