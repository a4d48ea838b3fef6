using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>32 elements in 34 bytes: half d, 32 signed bytes. x[i] = d · byte i.</summary>
internal static unsafe class Q8_0
{
    private const int Length = 32, Bytes = 34;
    private const float Levels = 127;

    public static void Dequantize(byte* source, float* destination, long blocks)
    {
        for (long b = 0; b < blocks; b++, source += Bytes, destination += Length)
        {
            float d = HalfFloat.Widen(*(ushort*)source);
            Codes.Scale(Vector128.Load((sbyte*)source + 2), d, destination);
            Codes.Scale(Vector128.Load((sbyte*)source + 18), d, destination + 16);
        }
    }

    // With 255 levels no search pays: the largest magnitude goes on the last code.
    public static void Quantize(float* source, byte* destination, long blocks)
    {
        Vector256<float> highest = Vector256.Create(Levels);
        for (long b = 0; b < blocks; b++, source += Length, destination += Bytes)
        {
            Vector256<float> x0 = Vector256.Load(source), x1 = Vector256.Load(source + 8);
            Vector256<float> x2 = Vector256.Load(source + 16), x3 = Vector256.Load(source + 24);
            float largest = Panel.Max(Vector256.MaxNative(
                Vector256.MaxNative(Vector256.Abs(x0), Vector256.Abs(x1)), Vector256.MaxNative(Vector256.Abs(x2), Vector256.Abs(x3))));

            ushort scale = (ushort)HalfFloat.NarrowScale(Vector256.Create(largest / Levels)).ToScalar();
            Vector256<float> inverse = Vector256.Create(Codes.Reciprocal(HalfFloat.Widen(scale)));
            *(ushort*)destination = scale;
            Vector256.Narrow(
                Vector256.Narrow(Nearest(x0, inverse, highest), Nearest(x1, inverse, highest)),
                Vector256.Narrow(Nearest(x2, inverse, highest), Nearest(x3, inverse, highest))).Store((sbyte*)destination + 2);
        }
    }

    private static Vector256<int> Nearest(Vector256<float> x, Vector256<float> inverse, Vector256<float> highest) =>
        Vector256.ConvertToInt32Native(Vector256.MinNative(Vector256.MaxNative(Vector256.Round(x * inverse), -highest), highest));
}
