using System;
using System.Runtime.Intrinsics;
using CsCheck;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Tests.Quantization;

public sealed class HalfFloatTests
{
    [Fact]
    public void Widen_EqualsTheBaseLibraryForEveryHalf()
    {
        byte[] row = new byte[2 * 65536];
        for (int i = 0; i < 65536; i++)
            BitConverter.TryWriteBytes(row.AsSpan(2 * i), (ushort)i);
        float[] wide = new float[65536];
        BlockFormats.Dequantize(TensorType.F16, row, wide);
        for (int i = 0; i < 65536; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)i);
            BlockFormatsTests.AssertSameBits(expected, wide[i], $"half 0x{i:X4}");
            BlockFormatsTests.AssertSameBits(expected, HalfFloat.Widen((ushort)i), $"half 0x{i:X4} alone");
        }
    }

    [Fact]
    public void Narrow_EqualsTheBaseLibraryWithinRange()
    {
        // Every half, the middle between it and the next (a tie), and its neighbours among floats.
        for (int i = 0; i < 0x7BFF; i++)
        {
            float x = (float)BitConverter.UInt16BitsToHalf((ushort)i), next = (float)BitConverter.UInt16BitsToHalf((ushort)(i + 1));
            float tie = (x + next) / 2;
            foreach (float value in new[] { x, tie, MathF.BitIncrement(tie), MathF.BitDecrement(tie) })
            {
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)value), HalfFloat.Narrow(value));
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)(-value)), HalfFloat.Narrow(-value));
            }
        }
    }

    [Theory]
    [InlineData(65504f, 0x7BFF)]
    [InlineData(65520f, 0x7BFF)]
    [InlineData(-1e30f, 0xFBFF)]
    [InlineData(float.MaxValue, 0x7BFF)]
    [InlineData(float.PositiveInfinity, 0x7C00)]
    [InlineData(float.NegativeInfinity, 0xFC00)]
    [InlineData(1e-45f, 0)]
    [InlineData(-1e-30f, 0x8000)]
    public void Narrow_KeepsFiniteNumbersFinite(float value, int bits) => Assert.Equal(bits, HalfFloat.Narrow(value));

    [Fact]
    public void Narrow_KeepsNaN() => Assert.True(Half.IsNaN(BitConverter.UInt16BitsToHalf(HalfFloat.Narrow(float.NaN))));

    [Fact]
    public void NarrowBrain_RoundsToNearestEven()
    {
        Gen.Float.Sample(
            value =>
            {
                ushort bits = (ushort)HalfFloat.NarrowBrain(Vector256.Create(value)).ToScalar();
                float back = BitConverter.UInt32BitsToSingle((uint)bits << 16);
                if (!float.IsFinite(value))
                    return float.IsNaN(value) ? float.IsNaN(back) : back == value;
                float up = BitConverter.UInt32BitsToSingle((uint)(bits + 1) << 16),
                    down = BitConverter.UInt32BitsToSingle((uint)(bits - 1) << 16);
                double error = Math.Abs((double)back - value);
                bool upCloser = float.IsFinite(up) && Math.Abs((double)up - value) < error;
                bool downCloser = (bits & 0x7FFF) != 0 && Math.Abs((double)down - value) < error;
                bool tie = float.IsFinite(up)
                    && (Math.Abs((double)up - value) == error || ((bits & 0x7FFF) != 0 && Math.Abs((double)down - value) == error));
                return float.IsFinite(back) && !upCloser && !downCloser && (!tie || (bits & 1) == 0);
            },
            iter: 20_000);
    }

    [Theory]
    [InlineData(float.MaxValue, 0x7F7F)]
    [InlineData(float.MinValue, 0xFF7F)]
    [InlineData(float.PositiveInfinity, 0x7F80)]
    [InlineData(float.NegativeInfinity, 0xFF80)]
    public void NarrowBrain_KeepsFiniteNumbersFinite(float value, int bits) =>
        Assert.Equal(bits, HalfFloat.NarrowBrain(Vector256.Create(value)).ToScalar());

    [Fact]
    public void NarrowBrain_KeepsANaNWhosePayloadIsCutOff() =>
        Assert.Equal(0x7FC0, HalfFloat.NarrowBrain(Vector256.Create(BitConverter.Int32BitsToSingle(0x7F800001))).ToScalar());
}
