namespace Llamalith.Generator.Isa;

/// <summary>
/// Plain C#, one float at a time. It also serves the vector dialects for dimensions that no vector divides, then fused like them.
/// </summary>
internal sealed class Scalar(bool fused) : Dialect
{
    public override string Name => "Scalar";

    public override string Id => "scalar";

    public override string Guard => "true";

    public override int Lanes => 1;

    public override int Registers => 16;

    public override string VectorType => "float";

    public override string HalfScale => "1f";

    public override Dialect? Narrower => null;

    public override string Zero => "0f";

    public override string Broadcast(string scalar) => scalar;

    // Without hardware FMA, MathF.FusedMultiplyAdd is a library call.
    public override string Fma(string a, string b, string c) => fused ? $"MathF.FusedMultiplyAdd({a}, {b}, {c})" : $"(({a} * {b}) + {c})";

    public override string Max(string a, string b) => $"MathF.Max({a}, {b})";

    public override string Min(string a, string b) => $"MathF.Min({a}, {b})";

    public override string ReduceSum(string vector) => vector;

    public override string LargestLane => "return v;";

    public override string WidenHalf(string pointer) => $"(float)BitConverter.UInt16BitsToHalf(*({pointer}))";

    public override string WidenBFloat(string pointer) => $"BitConverter.Int32BitsToSingle(*({pointer}) << 16)";

    public override string IntType => "int";

    public override string ChainType => "int";

    public override string BroadcastInt(string scalar) => scalar;

    public override string ToFloat(string ints) => $"(float)({ints})";

    public override string WidenBytes(string pointer, bool signed) => $"(int)*({(signed ? "sbyte" : "byte")}*)({pointer})";

    public override int ChainUnits(int largestCode) => 8;

    public override string Dot(string start, string unit, string activations) => start.Length == 0 ? $"Dot({unit}, {activations})" : $"{start} + Dot({unit}, {activations})";

    public override SignedBytes SignedBytes => SignedBytes.Multiplied;

    public override string Abs(string vector) => $"MathF.Abs({vector})";

    public override string StoreBytes(string pointer, string vector) => $"*(sbyte*)({pointer}) = (sbyte)({vector});";

    public override string IntegerHelpers => """
        // Four signed bytes of each.
        [@MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Dot(int a, int b) => unchecked(
            ((sbyte)a * (sbyte)b) + ((sbyte)(a >> 8) * (sbyte)(b >> 8)) + ((sbyte)(a >> 16) * (sbyte)(b >> 16)) + ((a >> 24) * (b >> 24)));
        """;

    public override string SwapPairs(string vector) => throw new System.InvalidOperationException("One lane has no pairs.");

    public override string Round(string vector) => $"MathF.Round({vector})";

    public override string ScaleByPowerOfTwo(string vector, string integer) =>
        $"{vector} * BitConverter.Int32BitsToSingle(((int){integer} + 127) << 23)";
}
