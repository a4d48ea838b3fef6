using System.Collections.Generic;

namespace Llamalith.Generator.Isa;

/// <summary>What the x86 vector widths share: one spelling through System.Runtime.Intrinsics.VectorN.</summary>
internal abstract class X86Dialect : Dialect
{
    public override IReadOnlyList<string> Processors => ["x64", "x86"];

    /// <summary>The alias of Vector128, Vector256 or Vector512.</summary>
    protected string Width => "V" + (Lanes * 32);

    public override string VectorType => "Vec" + Lanes;

    public override string Broadcast(string scalar) => $"{Width}.Create({scalar})";

    public override string ReduceSum(string vector) => $"{Width}.Sum({vector})";

    // Sign, exponent and mantissa of a half moved to a float's places; the copies of the sign in between are masked away.
    public override string WidenHalf(string pointer) =>
        $"{Width}.AsSingle(({WidenInt16(pointer)} << 13) & {Width}.Create({HalfBits}))";

    public override string WidenBFloat(string pointer) => $"{Width}.AsSingle({WidenInt16(pointer)} << 16)";

    public override string IntType => "Ints" + Lanes;

    public override string ChainType => "Shorts" + (2 * Lanes);

    public override string BroadcastInt(string scalar) => $"{Width}.Create({scalar})";

    public override string ToFloat(string ints) => $"{Width}.ConvertToSingle({ints})";

    // A 16-bit lane sums two products of every unit.
    public override int ChainUnits(int largestCode)
    {
        int most = short.MaxValue / (largestCode * 127 * 2);
        return most >= 8 ? 8 : most >= 4 ? 4 : 2;
    }

    public override string Dot(string start, string unit, string activations)
    {
        string products = $"{MultiplyAddAdjacentBytes}({Width}.AsByte({unit}), {Width}.AsSByte({activations}))";
        return start.Length == 0 ? products : $"{start} + {products}";
    }

    public override string FinishChain(string chain) => $"{MultiplyAddAdjacentShorts}({chain}, {Width}.Create((short)1))";

    public override SignedBytes SignedBytes => SignedBytes.Widened;

    public override (string Even, string Odd) WidenUnit(string unit) =>
        ($"{Width}.AsInt32(({Width}.AsInt16({unit}) << 8) >> 8)", $"{Width}.AsInt32({Width}.AsInt16({unit}) >> 8)");

    public override string DotShorts(string sum, string unit, string activations) =>
        $"{sum} + {MultiplyAddAdjacentShorts}({Width}.AsInt16({unit}), {Width}.AsInt16({activations}))";

    public override bool Prefetches => true;

    public override string Prefetch(string pointer) => $"X86Sse.Prefetch0({pointer});";

    public override string PrefetchFar(string pointer) => $"X86Sse.Prefetch1({pointer});";

    public override bool Zips => true;

    public override string ZipLow(string a, string b) => $"X86Sse.UnpackLow({a}, {b})";

    public override string ZipHigh(string a, string b) => $"X86Sse.UnpackHigh({a}, {b})";

    public override string Abs(string vector) => $"{Width}.Abs({vector})";

    protected abstract string MultiplyAddAdjacentBytes { get; }

    protected abstract string MultiplyAddAdjacentShorts { get; }

    protected abstract string WidenInt16(string pointer);
}
