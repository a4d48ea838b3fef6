using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Tests.Quantization;

/// <summary>Lists of formats for theories, and rows of numbers to feed them.</summary>
internal static class Formats
{
    public static TensorType[] Symmetric { get; } = [TensorType.Q8_0, TensorType.Q4_0, TensorType.Q5_0, TensorType.Q3_K, TensorType.Q6_K];

    public static TensorType[] Affine { get; } = [TensorType.Q4_1, TensorType.Q5_1, TensorType.Q2_K, TensorType.Q4_K, TensorType.Q5_K];

    public static TensorType[] Blocked { get; } = [.. Symmetric, .. Affine];

    public static TensorType[] Floats { get; } = [TensorType.F32, TensorType.F16, TensorType.BF16];

    public static TensorType[] All { get; } = [.. Floats, .. Blocked];

    public static TheoryData<TensorType> OfBlocked => [.. Blocked];

    public static TheoryData<TensorType> OfAll => [.. All];

    /// <summary>The kinds of rows that weight matrices look like, by name.</summary>
    public static Dictionary<string, Func<Random, double>> Distributions { get; } = new()
    {
        ["Gaussian"] = random => 0.02 * Gauss(random),
        ["Student t with 3 degrees"] = random =>
            0.02 * Gauss(random) / Math.Sqrt(Enumerable.Range(0, 3).Sum(_ => Math.Pow(Gauss(random), 2)) / 3),
        ["Laplace"] = random => 0.02 * Math.Sign(random.NextDouble() - 0.5) * -Math.Log(1 - random.NextDouble()),
        ["Gaussian with outliers"] = random => 0.02 * Gauss(random) * (random.Next(200) == 0 ? 10 : 1),
        ["Gaussian off zero"] = random => 0.02 * Gauss(random) + 0.03,
        ["Gaussian, tiny"] = random => 1e-5 * Gauss(random),
    };

    public static float[] Row(string distribution, int length, int seed = 1)
    {
        Random random = new(seed);
        float[] row = new float[length];
        for (int i = 0; i < length; i++)
            row[i] = (float)Distributions[distribution](random);
        return row;
    }

    public static int Bytes(TensorType type, int elements) => checked((int)TensorTypes.ByteLength(type, 1, elements));

    private static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
