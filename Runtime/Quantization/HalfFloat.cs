using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// IEEE half and bfloat16, one and eight at a time. The base library converts halves one by one in software; here both ways
/// are a handful of integer operations, exact for subnormals too.
/// </summary>
/// <remarks>
/// Rounding is to nearest, ties to even. A finite number beyond a format's range becomes the largest finite one of its sign:
/// one infinity in a weight matrix would ruin every sum it enters. Infinities and NaN stay what they are.
/// </remarks>
internal static class HalfFloat
{
    private const int Infinity = 0x7F800000;
    private const int LargestBrain = 0x7F7F0000;

    /// <summary>2^112: what a half's exponent lacks when its bits are shifted into a float's fields.</summary>
    private const float ExponentGap = 5.192296858534828e33f;

    /// <summary>The float of a half's bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Widen(ushort bits)
    {
        int magnitude = bits & 0x7FFF;
        int value = BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(magnitude << 13) * ExponentGap);
        if (magnitude >= 0x7C00)
            value |= Infinity;
        return BitConverter.Int32BitsToSingle(value | ((bits & 0x8000) << 16));
    }

    /// <summary>The floats of eight halves' bits, one in the low 16 bits of each lane; the high 16 must be zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(Vector256<int> bits)
    {
        Vector256<int> magnitude = bits & Vector256.Create(0x7FFF);
        Vector256<int> value = ((magnitude << 13).AsSingle() * ExponentGap).AsInt32();
        value |= Vector256.GreaterThan(magnitude, Vector256.Create(0x7BFF)) & Vector256.Create(Infinity);
        return (value | ((bits & Vector256.Create(0x8000)) << 16)).AsSingle();
    }

    /// <summary>The bits of the nearest half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Narrow(float value) => (ushort)Narrow(Vector256.Create(value)).ToScalar();

    /// <summary>The bits of the nearest halves, one in the low 16 bits of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Narrow(Vector256<float> value)
    {
        Vector256<int> bits = value.AsInt32();
        Vector256<int> magnitude = bits & Vector256.Create(0x7FFFFFFF);
        Vector256<int> sign = (bits >>> 16) & Vector256.Create(0x8000);
        Vector256<int> finite = Vector256.Min(magnitude, Vector256.Create(0x477FE000));

        // Above 2^-14 the exponent is rebased and the 13 lost bits rounded; below, adding 0.5 aligns the last place at 2^-24
        // and lets the addition round.
        Vector256<int> lowest = (finite >> 13) & Vector256<int>.One;
        Vector256<int> normal = (finite + lowest + Vector256.Create(0xFFF - (112 << 23))) >> 13;
        Vector256<int> subnormal = (finite.AsSingle() + Vector256.Create(0.5f)).AsInt32() - Vector256.Create(0x3F000000);
        Vector256<int> half = Vector256.ConditionalSelect(
            Vector256.LessThan(finite, Vector256.Create(0x38800000)), subnormal, normal);

        Vector256<int> special = Vector256.Create(0x7C00)
            | (Vector256.GreaterThan(magnitude, Vector256.Create(Infinity)) & Vector256.Create(0x200));
        half = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(Infinity)), half, special);
        return half | sign;
    }

    /// <summary>
    /// The bits of halves fit to be a block's scales: the nearest, but where halves are subnormal the next that is not smaller, and never
    /// a negative zero. There a step is so large that rounding down would cut off a good part of the codes' reach, or all of it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> NarrowScale(Vector256<float> value)
    {
        Vector256<int> bits = Narrow(value);
        Vector256<int> smaller = Vector256.LessThan(Vector256.Abs(Widen(bits)), Vector256.Abs(value)).AsInt32();
        Vector256<int> subnormal = Vector256.LessThan(bits & Vector256.Create(0x7FFF), Vector256.Create(0x400));
        bits -= smaller & subnormal;
        return Vector256.AndNot(bits, Vector256.Equals(bits, Vector256.Create(0x8000)));
    }

    /// <summary>The floats of eight bfloat16 bits, one in the low 16 bits of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WidenBrain(Vector256<int> bits) => (bits << 16).AsSingle();

    /// <summary>The bits of the nearest bfloat16 numbers, one in the low 16 bits of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> NarrowBrain(Vector256<float> value)
    {
        Vector256<int> bits = value.AsInt32();
        Vector256<int> magnitude = bits & Vector256.Create(0x7FFFFFFF);
        Vector256<int> sign = (bits >>> 16) & Vector256.Create(0x8000);
        Vector256<int> finite = Vector256.Min(magnitude, Vector256.Create(LargestBrain));
        Vector256<int> rounded = (finite + ((finite >> 16) & Vector256<int>.One) + Vector256.Create(0x7FFF)) >> 16;

        // A NaN whose payload lies in the lost bits alone must not become an infinity.
        Vector256<int> special = (magnitude >> 16)
            | (Vector256.GreaterThan(magnitude, Vector256.Create(Infinity)) & Vector256.Create(0x40));
        rounded = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(Infinity)), rounded, special);
        return rounded | sign;
    }
}
