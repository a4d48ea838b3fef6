using System;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>F32, F16 and BF16: a number an element, no blocks.</summary>
internal static unsafe class FloatRows
{
    public static void CopySingles(byte* source, byte* destination, long count) =>
        Buffer.MemoryCopy(source, destination, count * sizeof(float), count * sizeof(float));

    public static void WidenHalves(ushort* source, float* destination, long count)
    {
        long i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
            HalfFloat.Widen(Load(source + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] = HalfFloat.Widen(source[i]);
    }

    public static void NarrowToHalves(float* source, ushort* destination, long count)
    {
        long i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
            Store(HalfFloat.Narrow(Vector256.Load(source + i)), destination + i);
        for (; i < count; i++)
            destination[i] = HalfFloat.Narrow(source[i]);
    }

    public static void WidenBrains(ushort* source, float* destination, long count)
    {
        long i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
            HalfFloat.WidenBrain(Load(source + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] = BitConverter.Int32BitsToSingle(source[i] << 16);
    }

    public static void NarrowToBrains(float* source, ushort* destination, long count)
    {
        long i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
            Store(HalfFloat.NarrowBrain(Vector256.Load(source + i)), destination + i);
        for (; i < count; i++)
            destination[i] = (ushort)HalfFloat.NarrowBrain(Vector256.Create(source[i])).ToScalar();
    }

    private static Vector256<int> Load(ushort* source)
    {
        Vector128<ushort> words = Vector128.Load(source);
        return Vector256.Create(Vector128.WidenLower(words), Vector128.WidenUpper(words)).AsInt32();
    }

    private static void Store(Vector256<int> words, ushort* destination) =>
        Vector128.Narrow(words.GetLower().AsUInt32(), words.GetUpper().AsUInt32()).Store(destination);
}
