namespace Llamalith.Generator.Isa;

/// <summary>
/// Plain C#, one float at a time. It also serves the vector dialects for dimensions that no vector divides, then fused like them.
/// </summary>
internal sealed class Scalar(bool fused) : Dialect
{
    public override string Name => "Scalar";

    public override string Id => "scalar";

    public override InstructionSet Set => InstructionSet.Scalar;

    public override string Guard => "true";

    public override int Lanes => 1;

    public override int Registers => 16;

    public override string VectorType => "float";

    public override Dialect? Narrower => null;

    public override string Zero => "0f";

    public override string Broadcast(string scalar) => scalar;

    public override string Fma(string a, string b, string c) => fused ? $"MathF.FusedMultiplyAdd({a}, {b}, {c})" : $"Fma({a}, {b}, {c})";

    public override string Max(string a, string b) => $"Larger({a}, {b})";

    public override string Min(string a, string b) => $"Smaller({a}, {b})";

    public override string ReduceSum(string vector) => vector;

    public override string LargestLane => "return v;";

    public override string HalvedSum => throw new System.NotSupportedException("One lane has no halves.");

    // As vectors do it: sign, exponent and mantissa moved to a float's places.
    public override string WidenHalf(string pointer) =>
        $"BitConverter.Int32BitsToSingle((*(short*)({pointer}) << 13) & {HalfBits})";

    public override string WidenBFloat(string pointer) => $"BitConverter.Int32BitsToSingle(*({pointer}) << 16)";

    public override string IntType => "int";

    public override string ChainType => "int";

    public override string BroadcastInt(string scalar) => scalar;

    public override string ToFloat(string ints) => $"(float)({ints})";

    public override string WidenBytes(string pointer, bool signed) => $"(int)*({(signed ? "sbyte" : "byte")}*)({pointer})";

    public override int ChainUnits(int largestCode) => 8;

    public override string Dot(string start, string unit, string activations) =>
        start.Length == 0 ? $"Dot({unit}, {activations})" : $"{start} + Dot({unit}, {activations})";

    public override SignedBytes SignedBytes => SignedBytes.Multiplied;

    public override string Abs(string vector) => $"MathF.Abs({vector})";

    public override string StoreBytes(string pointer, string vector) => $"*(sbyte*)({pointer}) = (sbyte)({vector});";

    // A product of floats is exact as a double, and so is most of the sum: rounding it once more is right but where it lies in the middle
    // of two floats, or where floats are subnormal. Then the last bit says which way the rest of the sum went (rounding to odd).
    public override string FloatHelpers => """
        /// <summary>a · b + c, rounded once.</summary>
        [@MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Fma(float a, float b, float c)
        {
            if (X86Fma.IsSupported || ArmAdvSimd.IsSupported)
                return MathF.FusedMultiplyAdd(a, b, c);
            double sum = ((double)a * b) + c;
            bool middle = (BitConverter.DoubleToInt64Bits(sum) & 0x1FFFFFFF) == 0x10000000;
            return middle || Math.Abs(sum) < 1.1754943508222875E-38 ? FmaBetween(a, b, c) : (float)sum;
        }

        private static float FmaBetween(float a, float b, float c)
        {
            unchecked
            {
                double product = (double)a * b;
                double sum = product + c;
                double back = sum - product;
                double rest = (product - (sum - back)) + (c - back);
                long bits = BitConverter.DoubleToInt64Bits(sum);
                if (rest == 0 || (bits & 1) != 0)
                    return (float)sum;
                return (float)BitConverter.Int64BitsToDouble(sum > 0 == rest > 0 ? bits + 1 : bits - 1);
            }
        }

        [@MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Larger(float a, float b) => a > b ? a : b;

        [@MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Smaller(float a, float b) => a < b ? a : b;
        """;

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
