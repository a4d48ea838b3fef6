namespace Llamalith.Generator.Isa;

/// <summary>64-bit ARM with Advanced SIMD: 4 floats a vector, 32 registers.</summary>
internal sealed class Neon : Dialect
{
    public override string Name => "Neon";

    public override string Id => "neon";

    public override string Guard => "ArmAdvSimd64.IsSupported";

    public override int Lanes => 4;

    public override int Registers => 32;

    public override string VectorType => "Vec4";

    public override Dialect Narrower { get; } = new Scalar(fused: true);

    public override string Broadcast(string scalar) => $"V128.Create({scalar})";

    public override string Fma(string a, string b, string c) => $"ArmAdvSimd.FusedMultiplyAdd({c}, {a}, {b})";

    public override string Max(string a, string b) => $"ArmAdvSimd.Max({a}, {b})";

    public override string Min(string a, string b) => $"ArmAdvSimd.Min({a}, {b})";

    public override string ReduceSum(string vector) => $"V128.Sum({vector})";

    public override string LargestLane => "return V64.ToScalar(ArmAdvSimd64.MaxAcross(v));";

    // Sign, exponent and mantissa of a half moved to a float's places; the copies of the sign in between are masked away.
    public override string WidenHalf(string pointer) =>
        $"V128.AsSingle((ArmAdvSimd.SignExtendWideningLower(ArmAdvSimd.LoadVector64((short*)({pointer}))) << 13) & V128.Create(unchecked((int)0x8FFFE000)))";

    public override string SwapPairs(string vector) => $"V128.AsSingle(ArmAdvSimd.ReverseElement32(V128.AsInt64({vector})))";

    public override string Round(string vector) => $"ArmAdvSimd.RoundToNearest({vector})";

    public override string ScaleByPowerOfTwo(string vector, string integer) =>
        $"{vector} * V128.AsSingle((ArmAdvSimd.ConvertToInt32RoundToEven({integer}) + V128.Create(127)) << 23)";
}
