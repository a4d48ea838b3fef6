using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Packing;

/// <summary>
/// Raises 16-bit floats by a power of two, exactly. Kernels without a conversion instruction widen a half to its value times 2^-112,
/// which is a subnormal float for halves below 2^-14; arithmetic on those takes a hundred cycles on many processors. Scales of small
/// weights are such halves, and after raising they are not.
/// </summary>
internal readonly struct HalfRaise
{
    private const int MantissaBits = 10;
    private const int LargestExponent = 30;
    private const int HalfBias = 15;
    private const int SingleBias = 127;

    private readonly int _exponent;

    private HalfRaise(int exponent) => _exponent = exponent;

    /// <summary>16-bit floats of any kind as they are.</summary>
    public static HalfRaise None => default;

    /// <summary>2^14: lifts the smallest half, 2^-24, out of the range of subnormals; halves below 4 can take it.</summary>
    public static HalfRaise Full => new(14);

    /// <summary>What undoes it.</summary>
    public float Unit => MathF.ScaleB(1, -_exponent);

    /// <summary>Eight halves times the power of two; clears <paramref name="fits"/> where one is beyond the largest half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<ushort> Apply(Vector128<ushort> halves, ref bool fits)
    {
        if (_exponent == 0)
            return halves;
        Vector128<ushort> exponents = (halves >>> MantissaBits) & Vector128.Create((ushort)31);
        if (Vector128.GreaterThanAny(exponents, Vector128.Create((ushort)(LargestExponent - _exponent))))
            fits = false;
        Vector128<ushort> raised = halves + Vector128.Create((ushort)(_exponent << MantissaBits));
        Vector128<ushort> subnormal = Vector128.Equals(exponents, Vector128<ushort>.Zero);
        return subnormal == Vector128<ushort>.Zero ? raised : Vector128.ConditionalSelect(subnormal, ApplyToSubnormals(halves), raised);
    }

    // A subnormal half is m · 2^-24, m a whole number below 1024, which a conversion to float normalises.
    private Vector128<ushort> ApplyToSubnormals(Vector128<ushort> halves)
    {
        const ushort Sign = 0x8000;
        Vector128<ushort> magnitudes = halves & Vector128.Create((ushort)(Sign - 1));
        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(magnitudes);
        Vector128<ushort> normal = Vector128.Narrow(Normalize(lower), Normalize(upper));
        Vector128<ushort> rebias = Vector128.Create((ushort)((SingleBias - HalfBias + 24 - _exponent) << MantissaBits));
        return Vector128.AndNot(normal - rebias, Vector128.Equals(magnitudes, Vector128<ushort>.Zero)) | (halves & Vector128.Create(Sign));

        // Exponent and the ten upper bits of the mantissa, which are all that there are.
        static Vector128<uint> Normalize(Vector128<uint> whole) =>
            Vector128.ConvertToSingle(whole.AsInt32()).AsUInt32() >>> (23 - MantissaBits);
    }
}
