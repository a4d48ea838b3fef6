using System;

namespace Llamalith.Reference;

/// <summary>How far an engine's numbers lie from the reference's.</summary>
public static class Accuracy
{
    /// <summary>The largest difference over the reference's root mean square; infinite where an engine's number is not finite.</summary>
    public static double RelativeError(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual)
    {
        if (expected.Length != actual.Length)
            throw new ArgumentException($"{actual.Length} numbers, but {expected.Length} are expected.", nameof(actual));
        double squares = 0, largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (!float.IsFinite(actual[i]))
                return double.PositiveInfinity;
            squares += expected[i] * expected[i];
            largest = Math.Max(largest, Math.Abs(expected[i] - actual[i]));
        }

        return largest / Math.Sqrt(squares / expected.Length);
    }
}
