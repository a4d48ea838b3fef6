using System;
using Llamalith.Contracts;

namespace Llamalith.Tests.Quantization;

/// <summary>
/// What a format can always do, by arithmetic alone: lay the range of each block on its codes, round, and round the scales. A search
/// that minimises the weighted error must do as well.
/// </summary>
internal static class Bounds
{
    private const double SmallestHalf = 1.0 / (1 << 24);

    // The search fits real scales first and rounds them then; that detour may cost a little.
    private const double Slack = 1.02;

    /// <summary>Σ w·(x - back)², where a weight is the magnitude plus the sub-block's root mean square.</summary>
    public static double WeightedSquares(ReadOnlySpan<float> x, ReadOnlySpan<float> back)
    {
        double sum = 0;
        int length = x.Length == 256 ? 16 : 32;
        for (int start = 0; start < x.Length; start += length)
        {
            double mean = RootMeanSquare(x.Slice(start, length));
            for (int i = start; i < start + length; i++)
                sum += (Math.Abs(x[i]) + mean) * Math.Pow((double)back[i] - x[i], 2);
        }

        return sum;
    }

    /// <summary>The weighted error that suffices for one block.</summary>
    public static double SquaredError(TensorType type, ReadOnlySpan<float> x) => type switch
    {
        TensorType.Q8_0 => Symmetric(x, 32, 127, null),
        TensorType.Q4_0 => Symmetric(x, 32, 8, null),
        TensorType.Q5_0 => Symmetric(x, 32, 16, null),
        TensorType.Q3_K => Symmetric(x, 16, 4, 32),
        TensorType.Q6_K => Symmetric(x, 16, 32, 128),
        TensorType.Q4_1 => Affine(x, 32, 15, null),
        TensorType.Q5_1 => Affine(x, 32, 31, null),
        TensorType.Q2_K => Affine(x, 16, 3, 15),
        TensorType.Q4_K => Affine(x, 32, 15, 63),
        TensorType.Q5_K => Affine(x, 32, 31, 63),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private static double Symmetric(ReadOnlySpan<float> x, int length, int levels, int? scaleLevels)
    {
        // An element as large as the extreme, but of the other sign, lies a whole step beyond the last code.
        double largest = 0;
        foreach (float value in x)
            largest = Math.Max(largest, Math.Abs(value));
        double shared = scaleLevels is { } codes ? Coarse(largest / levels / codes) : 0, sum = 0;
        for (int start = 0; start < x.Length; start += length)
        {
            ReadOnlySpan<float> block = x.Slice(start, length);
            double reach = 0, mean = RootMeanSquare(block);
            foreach (float value in block)
                reach = Math.Max(reach, Math.Abs(value));
            double scale = reach / levels, scaleError = scaleLevels is null ? HalfError(scale) : shared / 2;
            foreach (float value in block)
                sum += Slack * (Math.Abs(value) + mean) * Math.Pow(scale + levels * scaleError, 2);
        }

        return sum;
    }

    private static double Affine(ReadOnlySpan<float> x, int length, int levels, int? codes)
    {
        double largestScale = 0, largestMinimum = 0, sum = 0;
        for (int start = 0; start < x.Length; start += length)
        {
            (double low, double high) = Range(x.Slice(start, length), codes is not null);
            largestScale = Math.Max(largestScale, (high - low) / levels);
            largestMinimum = Math.Max(largestMinimum, -low);
        }

        for (int start = 0; start < x.Length; start += length)
        {
            ReadOnlySpan<float> block = x.Slice(start, length);
            (double low, double high) = Range(block, codes is not null);
            double scale = (high - low) / levels, mean = RootMeanSquare(block);
            double scaleError = codes is { } count ? Coarse(largestScale / count) / 2 : HalfError(scale);
            double offsetError = codes is { } also ? Coarse(largestMinimum / also) / 2 : HalfError(Math.Abs(low));
            foreach (float value in block)
                sum += Slack * (Math.Abs(value) + mean) * Math.Pow(scale / 2 + levels * scaleError + offsetError, 2);
        }

        return sum;
    }

    private static (double Low, double High) Range(ReadOnlySpan<float> x, bool belowZero)
    {
        double low = belowZero ? 0 : x[0], high = belowZero ? 0 : x[0];
        foreach (float value in x)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return (low, high);
    }

    // A shared scale stored as a half that is not smaller.
    private static double Coarse(double scale) => scale == 0 ? 0 : scale + 2 * HalfError(scale);

    private static double HalfError(double value) => Math.Max(value / 2048, SmallestHalf / 2);

    private static double RootMeanSquare(ReadOnlySpan<float> x)
    {
        double sum = 0;
        foreach (float value in x)
            sum += (double)value * value;
        return Math.Sqrt(sum / x.Length);
    }
}
