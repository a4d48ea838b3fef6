using System;
using System.Runtime.Intrinsics;
using RealAvx2 = System.Runtime.Intrinsics.X86.Avx2;
using RealFma = System.Runtime.Intrinsics.X86.Fma;

namespace Llamalith.Tests.Imitation;

/// <summary>The imitation itself, held to what Intel's manual says of each lane.</summary>
public sealed class ImitationTests
{
    private const int Rounds = 1000;

    private readonly Random _random = new(1);

    public ImitationTests() => Assert.SkipUnless(RealAvx2.IsSupported && RealFma.IsSupported, "This machine has no AVX2 with FMA.");

    [Fact]
    public void Floats_AreTheManuals()
    {
        for (int round = 0; round < Rounds; round++)
        {
            Vector512<float> a = Floats(), b = Floats(), c = Floats();
            Same(Avx512F.FusedMultiplyAdd(a, b, c), i => MathF.FusedMultiplyAdd(a[i], b[i], c[i]));

            // The second operand where either is no number, and where both are zero.
            Same(Avx512F.Max(a, b), i => a[i] > b[i] ? a[i] : b[i]);
            Same(Avx512F.Min(a, b), i => a[i] < b[i] ? a[i] : b[i]);
            Same(Avx512F.RoundScale(a, 0x08), i => MathF.Round(a[i], MidpointRounding.ToEven));
            Same(
                Avx512F.ConvertToVector512Int32(a),
                i => MathF.Abs(a[i]) < 2147483648f ? (int)MathF.Round(a[i], MidpointRounding.ToEven) : int.MinValue);
        }
    }

    [Fact]
    public void Integers_AreTheManuals()
    {
        for (int round = 0; round < Rounds; round++)
        {
            Vector512<byte> a = Bytes();
            Vector512<sbyte> b = Bytes().AsSByte();
            Vector512<short> pairs = Avx512BW.MultiplyAddAdjacent(a, b);
            for (int i = 0; i < Vector512<short>.Count; i++)
            {
                Assert.Equal(
                    Math.Clamp((a[2 * i] * b[2 * i]) + (a[(2 * i) + 1] * b[(2 * i) + 1]), short.MinValue, short.MaxValue), pairs[i]);
            }

            Vector512<short> c = a.AsInt16(), d = b.AsInt16();
            Same(Avx512BW.MultiplyAddAdjacent(c, d), i => unchecked((c[2 * i] * d[2 * i]) + (c[(2 * i) + 1] * d[(2 * i) + 1])));

            Vector128<byte> bytes = a.GetLower().GetLower();
            Vector256<short> shorts = c.GetLower();
            Same(Avx512F.ConvertToVector512Int32(bytes), i => bytes[i]);
            Same(Avx512F.ConvertToVector512Int32(bytes.AsSByte()), i => bytes.AsSByte()[i]);
            Same(Avx512F.ConvertToVector512Int32(shorts), i => shorts[i]);

            Vector256<int> sum = a.GetUpper().AsInt32(), dots = AvxVnni.MultiplyWideningAndAdd(sum, a.GetLower(), b.GetLower());
            for (int i = 0; i < Vector256<int>.Count; i++)
            {
                int expected = sum[i];
                for (int j = 4 * i; j < (4 * i) + 4; j++)
                    expected = unchecked(expected + (a[j] * b[j]));
                Assert.Equal(expected, dots[i]);
            }
        }
    }

    private Vector512<byte> Bytes()
    {
        byte[] bytes = new byte[64];
        _random.NextBytes(bytes);
        return Vector512.Create<byte>(bytes);
    }

    // Numbers of every size, halves, zeros of both signs, infinities, and what is no number.
    private Vector512<float> Floats()
    {
        float[] floats = new float[16];
        foreach (ref float value in floats.AsSpan())
        {
            value = _random.Next(8) switch
            {
                0 => _random.Next(-8, 8) / 2f,
                1 => ((float[])[0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon])[_random.Next(6)],
                2 => BitConverter.Int32BitsToSingle(_random.Next(int.MinValue, int.MaxValue)),
                _ => (float)(_random.NextDouble() - 0.5) * 100,
            };
        }

        return Vector512.Create<float>(floats);
    }

    // Bits, but for what is no number: only that it is none.
    private static void Same(Vector512<float> actual, Func<int, float> expected)
    {
        for (int i = 0; i < Vector512<float>.Count; i++)
        {
            if (!float.IsNaN(expected(i)) || !float.IsNaN(actual[i]))
                Assert.Equal(BitConverter.SingleToInt32Bits(expected(i)), BitConverter.SingleToInt32Bits(actual[i]));
        }
    }

    private static void Same(Vector512<int> actual, Func<int, int> expected)
    {
        for (int i = 0; i < Vector512<int>.Count; i++)
            Assert.Equal(expected(i), actual[i]);
    }
}
