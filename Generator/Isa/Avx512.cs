using System;
using System.Collections.Generic;

namespace Llamalith.Generator.Isa;

/// <summary>AVX-512 F, BW, DQ and VL: 16 floats a vector, 32 registers.</summary>
internal sealed class Avx512 : X86Dialect
{
    public override string Name => "Avx512";

    public override string Id => "avx512";

    public override InstructionSet Set => InstructionSet.Avx512;

    public override IReadOnlyList<string> SupportTypes => ["X86.Avx512BW+VL", "X86.Avx512DQ+VL", "X86.Fma"];

    public override bool IsIn(string ilcInstructionSet) =>
        ilcInstructionSet == "x86-64-v4" || ilcInstructionSet.StartsWith("avx512", StringComparison.Ordinal);

    public override string Guard => "X86Avx512BW.VL.IsSupported && X86Avx512DQ.VL.IsSupported && X86Fma.IsSupported";

    public override int Lanes => 16;

    public override int Registers => 32;

    public override Dialect Narrower { get; } = new Avx2(registers: 32);

    public override string Fma(string a, string b, string c) => $"X86Avx512F.FusedMultiplyAdd({a}, {b}, {c})";

    public override string Max(string a, string b) => $"X86Avx512F.Max({a}, {b})";

    public override string Min(string a, string b) => $"X86Avx512F.Min({a}, {b})";

    public override string LargestLane => """
        Vec8 half = X86Avx.Max(V512.GetLower(v), V512.GetUpper(v));
        Vec4 quarter = X86Sse.Max(V256.GetLower(half), V256.GetUpper(half));
        quarter = X86Sse.Max(quarter, X86Avx.Permute(quarter, 0x4E));
        return V128.ToScalar(X86Sse.Max(quarter, X86Avx.Permute(quarter, 0xB1)));
        """;

    public override string HalvedSum => """
        Vec8 half = V512.GetLower(v) + V512.GetUpper(v);
        Vec4 quarter = V256.GetLower(half) + V256.GetUpper(half);
        quarter += X86Avx.Permute(quarter, 0x4E);
        return V128.ToScalar(quarter + X86Avx.Permute(quarter, 0xB1));
        """;

    public override string SwapPairs(string vector) => $"X86Avx512F.Permute4x32({vector}, 0xB1)";

    public override string Round(string vector) => $"X86Avx512F.RoundScale({vector}, 0x08)";

    public override string ScaleByPowerOfTwo(string vector, string integer) => $"X86Avx512F.Scale({vector}, {integer})";

    public override string WidenBytes(string pointer, bool signed) =>
        $"X86Avx512F.ConvertToVector512Int32(*({(signed ? "SBytes16" : "Bytes16")}*)({pointer}))";

    public override string StoreBytes(string pointer, string vector) =>
        $"*(SBytes16*)({pointer}) = X86Avx512F.ConvertToVector128SByte(X86Avx512F.ConvertToVector512Int32({vector}));";

    protected override string MultiplyAddAdjacentBytes => "X86Avx512BW.MultiplyAddAdjacent";

    protected override string MultiplyAddAdjacentShorts => "X86Avx512BW.MultiplyAddAdjacent";

    protected override string WidenInt16(string pointer) => $"X86Avx512F.ConvertToVector512Int32(*(Shorts16*)({pointer}))";
}
