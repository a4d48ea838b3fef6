using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>What the block formats share: integer codes to floats and back, sixteen at a time.</summary>
internal static unsafe class Codes
{
    /// <summary>destination[i] = scale · codes[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(Vector128<sbyte> codes, float scale, float* destination)
    {
        (Vector256<float> low, Vector256<float> high) = Widen(codes);
        Vector256<float> factor = Vector256.Create(scale);
        (factor * low).Store(destination);
        (factor * high).Store(destination + 8);
    }

    /// <summary>destination[i] = scale · codes[i] + offset, rounded twice, as a reader without fused arithmetic does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(Vector128<byte> codes, float scale, float offset, float* destination)
    {
        (Vector256<float> low, Vector256<float> high) = Widen(codes.AsSByte());
        Vector256<float> factor = Vector256.Create(scale), addend = Vector256.Create(offset);
        ((factor * low) + addend).Store(destination);
        ((factor * high) + addend).Store(destination + 8);
    }

    /// <summary>The nearest code in [0, highest] to each of 16 (source + offset) · inverse.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Nearest(float* source, float offset, float inverse, float highest) =>
        Vector128.Narrow(
            Nearest(Vector256.Load(source), offset, inverse, highest),
            Nearest(Vector256.Load(source + 8), offset, inverse, highest)).AsByte();

    /// <summary>
    /// The nearest code in [-levels, levels - 1] to each of 16 source · inverse, raised by levels so that it is not negative.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> NearestRaised(float* source, float inverse, int levels) =>
        Vector128.Narrow(
            NearestRaised(Vector256.Load(source), inverse, levels),
            NearestRaised(Vector256.Load(source + 8), inverse, levels)).AsByte();

    /// <summary>1/x, and 0 for 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Reciprocal(float x) => x == 0 ? 0 : 1 / x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Low, Vector256<float> High) Widen(Vector128<sbyte> codes)
    {
        Vector256<short> words = Vector256.Create(Vector128.WidenLower(codes), Vector128.WidenUpper(codes));
        return (Vector256.ConvertToSingle(Vector256.WidenLower(words)), Vector256.ConvertToSingle(Vector256.WidenUpper(words)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Nearest(Vector256<float> x, float offset, float inverse, float highest)
    {
        Vector256<float> code = Vector256.Round((x + Vector256.Create(offset)) * inverse);
        return ToWords(Vector256.MinNative(Vector256.MaxNative(code, Vector256<float>.Zero), Vector256.Create(highest)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> NearestRaised(Vector256<float> x, float inverse, int levels)
    {
        Vector256<float> code = Vector256.Round(x * inverse);
        code = Vector256.MinNative(Vector256.MaxNative(code, Vector256.Create((float)-levels)), Vector256.Create(levels - 1f));
        return ToWords(code + Vector256.Create((float)levels));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> ToWords(Vector256<float> codes)
    {
        Vector256<int> integers = Vector256.ConvertToInt32Native(codes);
        return Vector128.Narrow(integers.GetLower(), integers.GetUpper());
    }
}
