using System.Numerics;

namespace Llamalith.Sampling;

/// <summary>
/// The random numbers of a sampler: xoshiro256** by Blackman and Vigna, its state filled by SplitMix64 from one seed. Integer
/// arithmetic only, so every machine draws the same.
/// </summary>
internal struct Xoshiro256
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Begins from a seed.</summary>
    public Xoshiro256(ulong seed)
        : this(SplitMix64.Next(ref seed), SplitMix64.Next(ref seed), SplitMix64.Next(ref seed), SplitMix64.Next(ref seed))
    {
    }

    /// <summary>Begins from a state, which must not be all zero.</summary>
    public Xoshiro256(ulong s0, ulong s1, ulong s2, ulong s3)
    {
        _s0 = s0;
        _s1 = s1;
        _s2 = s2;
        _s3 = s3;
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>The next number from 0 to below 1, a multiple of 2^-53.</summary>
    public double NextUnit() => (Next() >> 11) * (1.0 / (1UL << 53));
}
