using System;
using System.Runtime.CompilerServices;

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

    private readonly int _exponent;

    private HalfRaise(int exponent) => _exponent = exponent;

    /// <summary>Halves as they are.</summary>
    public static HalfRaise None => default;

    /// <summary>2^14: lifts the smallest half, 2^-24, out of the range of subnormals; halves below 4 can take it.</summary>
    public static HalfRaise Full => new(14);

    /// <summary>What undoes it.</summary>
    public float Unit => MathF.ScaleB(1, -_exponent);

    /// <summary>The half times the power of two; clears <paramref name="fits"/> where that is beyond the largest half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort Apply(ushort half, ref bool fits)
    {
        int exponent = (half >> MantissaBits) & 31;
        if (exponent > 0 && exponent + _exponent <= LargestExponent)
            return (ushort)(half + (_exponent << MantissaBits));
        return ApplyToExtreme(half, ref fits);
    }

    private ushort ApplyToExtreme(ushort half, ref bool fits)
    {
        float raised = MathF.ScaleB((float)BitConverter.UInt16BitsToHalf(half), _exponent);
        Half result = (Half)raised;
        fits &= (float)result == raised || _exponent == 0;
        return BitConverter.HalfToUInt16Bits(result);
    }
}
