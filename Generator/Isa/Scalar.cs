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

    public override string SwapPairs(string vector) => throw new System.InvalidOperationException("One lane has no pairs.");

    public override string Round(string vector) => $"MathF.Round({vector})";

    public override string ScaleByPowerOfTwo(string vector, string integer) =>
        $"{vector} * BitConverter.Int32BitsToSingle(((int){integer} + 127) << 23)";
}
