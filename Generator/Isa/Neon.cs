using System.Collections.Generic;

namespace Llamalith.Generator.Isa;

/// <summary>64-bit ARM with Advanced SIMD: 4 floats a vector, 32 registers.</summary>
internal sealed class Neon : Dialect
{
    public override string Name => "Neon";

    public override string Id => "neon";

    public override InstructionSet Set => InstructionSet.Neon;

    public override IReadOnlyList<string> Processors => ["arm64"];

    public override IReadOnlyList<string> SupportTypes => ["Arm.AdvSimd+Arm64"];

    public override string Guard => "ArmAdvSimd64.IsSupported";

    public override int Lanes => 4;

    public override int Registers => 32;

    public override string VectorType => "Vec4";

    public override Dialect Narrower { get; } = new Scalar(fused: true);

    public override string Broadcast(string scalar) => $"V128.Create({scalar})";

    public override string Fma(string a, string b, string c) => $"ArmAdvSimd.FusedMultiplyAdd({c}, {a}, {b})";

    public override string Max(string a, string b) => $"ArmAdvSimd.MaxNumber({a}, {b})";

    public override string Min(string a, string b) => $"ArmAdvSimd.MinNumber({a}, {b})";

    public override string ReduceSum(string vector) => $"V128.Sum({vector})";

    public override string LargestLane => "return V64.ToScalar(ArmAdvSimd64.MaxNumberAcross(v));";

    public override string HalvedSum => """
        v += ArmAdvSimd.ExtractVector128(v, v, 2);
        return V128.ToScalar(v) + V128.GetElement(v, 1);
        """;

    // Sign, exponent and mantissa of a half moved to a float's places; the copies of the sign in between are masked away.
    public override string WidenHalf(string pointer) =>
        $"V128.AsSingle((ArmAdvSimd.SignExtendWideningLower(ArmAdvSimd.LoadVector64((short*)({pointer}))) << 13)"
        + $" & V128.Create({HalfBits}))";

    public override string WidenBFloat(string pointer) =>
        $"V128.AsSingle(ArmAdvSimd.ZeroExtendWideningLower(ArmAdvSimd.LoadVector64((ushort*)({pointer}))) << 16)";

    public override string IntType => "Ints4";

    public override string ChainType => "Ints4";

    public override string BroadcastInt(string scalar) => $"V128.Create({scalar})";

    public override string ToFloat(string ints) => $"ArmAdvSimd.ConvertToSingle({ints})";

    public override string WidenBytes(string pointer, bool signed) => signed
        ? $"WidenBytes(*(int*)({pointer}))"
        : $"V128.AsInt32(WidenBytes(*(uint*)({pointer})))";

    // Two chains a chunk: SDOT takes three or four cycles.
    public override int ChainUnits(int largestCode) => 4;

    public override string Dot(string start, string unit, string activations) =>
        $"Dot({(start.Length == 0 ? "Ints4.Zero" : start)}, {unit}, {activations})";

    public override SignedBytes SignedBytes => SignedBytes.Multiplied;

    public override bool Zips => true;

    public override string ZipLow(string a, string b) => $"ArmAdvSimd64.ZipLow({a}, {b})";

    public override string ZipHigh(string a, string b) => $"ArmAdvSimd64.ZipHigh({a}, {b})";

    public override string Abs(string vector) => $"ArmAdvSimd.Abs({vector})";

    public override string StoreBytes(string pointer, string vector) =>
        $"StoreBytes((sbyte*)({pointer}), ArmAdvSimd.ConvertToInt32RoundToEven({vector}));";

    public override string IntegerHelpers => """
        // Four signed bytes a lane: one instruction where the dot product extension is there, else widening products and sums of
        // neighbours.
        [@MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Ints4 Dot(Ints4 sum, Ints4 a, Ints4 b)
        {
            if (ArmDp.IsSupported)
                return ArmDp.DotProduct(sum, V128.AsSByte(a), V128.AsSByte(b));
            Shorts8 low = ArmAdvSimd.MultiplyWideningLower(V128.GetLower(V128.AsSByte(a)), V128.GetLower(V128.AsSByte(b)));
            Shorts8 high = ArmAdvSimd.MultiplyWideningUpper(V128.AsSByte(a), V128.AsSByte(b));
            return sum + ArmAdvSimd64.AddPairwise(ArmAdvSimd.AddPairwiseWidening(low), ArmAdvSimd.AddPairwiseWidening(high));
        }

        [@MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Ints4 WidenBytes(int bytes) =>
            ArmAdvSimd.SignExtendWideningLower(V128.GetLower(ArmAdvSimd.SignExtendWideningLower(V64.AsSByte(V64.CreateScalar(bytes)))));

        [@MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static UInts4 WidenBytes(uint bytes) =>
            ArmAdvSimd.ZeroExtendWideningLower(V128.GetLower(ArmAdvSimd.ZeroExtendWideningLower(V64.AsByte(V64.CreateScalar(bytes)))));

        [@MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void StoreBytes(sbyte* to, Ints4 integers)
        {
            Shorts4 words = ArmAdvSimd.ExtractNarrowingSaturateLower(integers);
            *(int*)to = V64.ToScalar(V64.AsInt32(ArmAdvSimd.ExtractNarrowingSaturateLower(V128.Create(words, words))));
        }
        """;

    public override string SwapPairs(string vector) => $"V128.AsSingle(ArmAdvSimd.ReverseElement32(V128.AsInt64({vector})))";

    public override string Round(string vector) => $"ArmAdvSimd.RoundToNearest({vector})";

    public override string ScaleByPowerOfTwo(string vector, string integer) =>
        $"{vector} * V128.AsSingle((ArmAdvSimd.ConvertToInt32RoundToEven({integer}) + V128.Create(127)) << 23)";
}
