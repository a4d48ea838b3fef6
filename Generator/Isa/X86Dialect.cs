namespace Llamalith.Generator.Isa;

/// <summary>What the x86 vector widths share: one spelling through System.Runtime.Intrinsics.VectorN.</summary>
internal abstract class X86Dialect : Dialect
{
    /// <summary>The alias of Vector128, Vector256 or Vector512.</summary>
    protected string Width => "V" + (Lanes * 32);

    public override string VectorType => "Vec" + Lanes;

    public override string Broadcast(string scalar) => $"{Width}.Create({scalar})";

    public override string ReduceSum(string vector) => $"{Width}.Sum({vector})";

    // Sign, exponent and mantissa of a half moved to a float's places; the copies of the sign in between are masked away.
    public override string WidenHalf(string pointer) =>
        $"{Width}.AsSingle(({WidenInt16(pointer)} << 13) & {Width}.Create(unchecked((int)0x8FFFE000)))";

    protected abstract string WidenInt16(string pointer);
}
