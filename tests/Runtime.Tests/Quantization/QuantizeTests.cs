using System;
using System.Globalization;
using System.Linq;
using CsCheck;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Tests.Quantization;

public sealed class QuantizeTests
{
    /// <summary>Rows that a search could stumble over: any mixture of magnitudes, signs, repetitions and zeros.</summary>
    private static readonly Gen<float[]> Rows =
        from exponent in Gen.Int[-8, 3]
        from spread in Gen.OneOf([.. new[] { 0.0, 0.1, 1.0, 4.0 }.Select(Gen.Const)])
        from zeros in Gen.OneOf([.. new[] { 0, 0, 3, 10 }.Select(Gen.Const)])
        from offset in Gen.OneOf([.. new[] { 0.0, 0.0, 1.0, -5.0 }.Select(Gen.Const)])
        from values in Gen.Double[-1, 1].Array[256]
        select values.Select((v, i) =>
            i % 11 < zeros ? 0f : (float)((v * Math.Exp(spread * Math.Sin(i / 16 * 1.7)) + offset) * Math.Pow(10, exponent))).ToArray();

    [Theory]
    [MemberData(nameof(Formats.OfBlocked), MemberType = typeof(Formats))]
    public void Error_IsWithinTheFormatsSteps(TensorType type)
    {
        Rows.Sample(
            row =>
            {
                float[] back = RoundTrip(type, row);
                int length = TensorTypes.BlockOf(type).Elements;
                for (int start = 0; start < row.Length; start += length)
                {
                    Span<float> x = row.AsSpan(start, length);
                    double allowed = Bounds.SquaredError(type, x), reached = Bounds.WeightedSquares(x, back.AsSpan(start, length));
                    if (reached > allowed)
                    {
                        Assert.Fail(string.Create(
                            CultureInfo.InvariantCulture, $"{type}: the weighted error is {reached}, but {allowed} suffices."));
                    }
                }
            },
            iter: 400);
    }

    [Theory]
    [MemberData(nameof(Formats.OfBlocked), MemberType = typeof(Formats))]
    public void Zeros_StayZero(TensorType type) => Assert.All(RoundTrip(type, new float[512]), x => Assert.Equal(0, x));

    [Theory]
    [MemberData(nameof(Formats.OfBlocked), MemberType = typeof(Formats))]
    public void Constants_SurviveButForTheScalesRounding(TensorType type)
    {
        foreach (float constant in new[] { 1f, -1f, 2.13f, -731.7f, 0.77f, 1e4f })
        {
            float[] back = RoundTrip(type, [.. Enumerable.Repeat(constant, 256)]);
            Assert.InRange(back.Max(x => Math.Abs(x / constant - 1)), 0, 1e-3f);
        }
    }

    [Theory]
    [MemberData(nameof(Formats.OfBlocked), MemberType = typeof(Formats))]
    public void OneElementAlone_Survives(TensorType type)
    {
        for (int i = 0; i < 256; i += 37)
        {
            float[] row = new float[256];
            row[i] = i % 2 == 0 ? 0.7f : -0.7f;
            float[] back = RoundTrip(type, row);
            for (int j = 0; j < row.Length; j++)
                Assert.Equal(row[j], back[j], 7e-4f);
        }
    }

    [Theory]
    [InlineData(TensorType.Q4_0, -8, 7)]
    [InlineData(TensorType.Q5_0, -16, 15)]
    [InlineData(TensorType.Q8_0, -127, 127)]
    [InlineData(TensorType.Q4_1, 0, 15)]
    [InlineData(TensorType.Q5_1, 0, 31)]
    public void MultiplesOfAHalf_SurviveExactly(TensorType type, int lowest, int highest)
    {
        float offset = type is TensorType.Q4_1 or TensorType.Q5_1 ? -0.375f : 0;
        foreach (float scale in new[] { 0.125f, 3f, 0x3FF / 1024f })
        {
            Random random = new(7);
            float[] row = new float[256];
            for (int i = 0; i < row.Length; i++)
                row[i] = (i % 32 == 5 ? lowest : i % 32 == 6 ? highest : random.Next(lowest, highest + 1)) * scale + offset;
            Assert.Equal(row, RoundTrip(type, row));
        }
    }

    [Theory]
    [MemberData(nameof(Formats.OfBlocked), MemberType = typeof(Formats))]
    public void InfinitiesAndNaN_AreRefused(TensorType type)
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            float[] row = new float[512];
            row[300] = bad;
            ArgumentException error = Assert.Throws<ArgumentException>(() => RoundTrip(type, row));
            Assert.Contains("Element 300 is", error.Message, StringComparison.Ordinal);
            Assert.Contains(type.ToString(), error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Floats_KeepInfinitiesAndNaN()
    {
        float[] row = [1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, -2, 0, float.NaN, 3, float.NegativeInfinity];
        foreach (TensorType type in Formats.Floats)
            Assert.Equal(row, RoundTrip(type, row));
    }

    [Theory]
    [MemberData(nameof(Formats.OfBlocked), MemberType = typeof(Formats))]
    public void NumbersBeyondRange_BecomeTheLargestOfTheirSign(TensorType type)
    {
        foreach (float magnitude in new[] { 1e12f, 1e30f, float.MaxValue })
        {
            float[] row = new float[256];
            for (int i = 0; i < row.Length; i++)
                row[i] = i % 3 == 0 ? magnitude : i % 3 == 1 ? -magnitude : magnitude / 2;
            float[] back = RoundTrip(type, row);
            Assert.All(back, x => Assert.True(float.IsFinite(x)));

            // The symmetric formats reach farther to one side; all keep both signs and at least some 2^16.
            for (int i = 0; i < row.Length; i++)
                Assert.True(Math.Sign(back[i]) == Math.Sign(row[i]) && Math.Abs(back[i]) >= 60000, $"{type}: {row[i]} became {back[i]}.");
        }
    }

    [Theory]
    [MemberData(nameof(Formats.OfBlocked), MemberType = typeof(Formats))]
    public void TinyNumbers_LoseNoMoreThanTheSmallestScaleCosts(TensorType type)
    {
        foreach (float scale in new[] { 1e-44f, 1e-38f, 1e-20f, 1e-9f, 1e-7f, 1e-6f, 1e-5f, 1e-4f })
        {
            float[] row = [.. Formats.Row("Gaussian", 256).Select(x => x * 50 * scale)];
            float[] back = RoundTrip(type, row);
            float largest = row.Max(Math.Abs);

            // 2^-24 is the smallest scale; a code has at most 127 of them, and a K-quant's minimum adds 63 more.
            double allowed = Math.Min(2 * largest, 0.7 * largest + 5e-7);
            for (int i = 0; i < row.Length; i++)
            {
                Assert.True(
                    Math.Abs(back[i] - row[i]) <= allowed, $"{type} at {scale}: {row[i]} became {back[i]}, which may be {allowed} off.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats.OfBlocked), MemberType = typeof(Formats))]
    public void AnyFiniteRow_IsQuantised(TensorType type)
    {
        Gen<float> any = Gen.Float.Where(float.IsFinite);
        any.Array[256].Sample(row => RoundTrip(type, row).All(float.IsFinite), iter: 200);
    }

    // What these formats cost at 1.02 times the error of the reference quantisers, relative to the row's root mean square.
    [Theory]
    [InlineData(TensorType.Q8_0, 0.00548, 0.00855)]
    [InlineData(TensorType.Q4_0, 0.0876, 0.1301)]
    [InlineData(TensorType.Q4_1, 0.0797, 0.1022)]
    [InlineData(TensorType.Q5_0, 0.0435, 0.0671)]
    [InlineData(TensorType.Q5_1, 0.0385, 0.0493)]
    [InlineData(TensorType.Q2_K, 0.302, 0.3605)]
    [InlineData(TensorType.Q3_K, 0.1537, 0.1931)]
    [InlineData(TensorType.Q4_K, 0.0726, 0.0944)]
    [InlineData(TensorType.Q5_K, 0.0368, 0.0478)]
    [InlineData(TensorType.Q6_K, 0.0181, 0.0261)]
    public void Error_IsNoLargerThanUsual(TensorType type, double gaussian, double heavyTailed)
    {
        const int Length = 64 * 1024;
        Assert.InRange(RelativeError(type, Formats.Row("Gaussian", Length)), 0, gaussian);
        Assert.InRange(RelativeError(type, Formats.Row("Student t with 3 degrees", Length)), 0, heavyTailed);
    }

    // Change these where the search changes; never for a machine.
    [Theory]
    [InlineData(TensorType.Q8_0, 0xAE65956796EAA403UL)]
    [InlineData(TensorType.Q4_0, 0x3A532577114009C5UL)]
    [InlineData(TensorType.Q4_1, 0x0C3DA7D79D8C855EUL)]
    [InlineData(TensorType.Q5_0, 0x06F3C32449D05BA0UL)]
    [InlineData(TensorType.Q5_1, 0x9A9C19F973AFB197UL)]
    [InlineData(TensorType.Q2_K, 0x03BC8CB32F97DD51UL)]
    [InlineData(TensorType.Q3_K, 0x30A9CDCBF2A54E94UL)]
    [InlineData(TensorType.Q4_K, 0xDA477F04095A22C0UL)]
    [InlineData(TensorType.Q5_K, 0x68E8600E7E42AB6EUL)]
    [InlineData(TensorType.Q6_K, 0x8707375BC8166832UL)]
    public void Bytes_AreTheSameOnEveryMachine(TensorType type, ulong expected)
    {
        // Integers in, so that no mathematical library has a say.
        ulong state = 1;
        float[] row = new float[16 * 1024];
        for (int i = 0; i < row.Length; i++)
        {
            long sum = 0;
            for (int j = 0; j < 4; j++)
            {
                state = state * 6364136223846793005 + 1442695040888963407;
                sum += (int)(state >> 32);
            }

            row[i] = sum * (1 / 4294967296f);
        }

        byte[] bytes = new byte[Formats.Bytes(type, row.Length)];
        BlockFormats.Quantize(type, row, bytes);
        ulong hash = 14695981039346656037;
        foreach (byte b in bytes)
            hash = (hash ^ b) * 1099511628211;
        Assert.Equal($"0x{expected:X16}", $"0x{hash:X16}");
    }

    internal static float[] RoundTrip(TensorType type, float[] row)
    {
        byte[] stored = new byte[Formats.Bytes(type, row.Length)];
        BlockFormats.Quantize(type, row, stored);
        float[] back = new float[row.Length];
        BlockFormats.Dequantize(type, stored, back);
        return back;
    }

    internal static double RelativeError(TensorType type, float[] row) => RelativeError(row, RoundTrip(type, row));

    internal static double RelativeError(float[] row, float[] back)
    {
        double error = 0, size = 0;
        for (int i = 0; i < row.Length; i++)
        {
            error += Math.Pow((double)back[i] - row[i], 2);
            size += Math.Pow(row[i], 2);
        }

        return Math.Sqrt(error / size);
    }
}
