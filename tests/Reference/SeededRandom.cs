using System;
using Llamalith.Sampling;

namespace Llamalith.Reference;

/// <summary>The same numbers from the same seed on every platform and runtime.</summary>
public sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>64 random bits.</summary>
    public ulong NextBits() => SplitMix64.Next(ref _state);

    /// <summary>A number from 0 up to, not including, 1.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number from 0 up to, not including, <paramref name="bound"/>.</summary>
    public int Next(int bound) => (int)(NextDouble() * bound);

    /// <summary>A number of the standard normal distribution (Box and Muller).</summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary><paramref name="count"/> normal numbers.</summary>
    public float[] Normals(int count, double deviation, double mean = 0)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(mean + (deviation * NextNormal()));
        return values;
    }
}
