using Llamalith.Sampling;

namespace Llamalith.Tools;

/// <summary>Random numbers of a seed and a place, the same for ever and everywhere.</summary>
internal struct RandomNumbers(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A generator of its own for each pair of a seed and a place.</summary>
    public static RandomNumbers At(long seed, long first, long second)
    {
        RandomNumbers numbers = new((ulong)seed);
        numbers = new RandomNumbers(numbers.Next() ^ (ulong)first);
        return new RandomNumbers(numbers.Next() ^ (ulong)second);
    }

    /// <summary>64 random bits.</summary>
    public ulong Next() => SplitMix64.Next(ref _state);

    /// <summary>A number below a limit of at most 2^32.</summary>
    public long Below(long limit) => (long)((Next() >> 32) * (ulong)limit >> 32);

    /// <summary>
    /// A number of mean 0 and variance 1, near enough to Gaussian: the sum of eight uniform ones. No logarithm, whose last digit differs
    /// between machines.
    /// </summary>
    public float NextNormal()
    {
        // Each uniform 16-bit number has variance 2^32 / 12.
        const float Unit = 1 / 53509.92f;
        int sum = 0;
        for (int half = 0; half < 2; half++)
        {
            ulong bits = Next();
            sum += (int)(bits & 0xFFFF) + (int)(bits >> 16 & 0xFFFF) + (int)(bits >> 32 & 0xFFFF) + (int)(bits >> 48);
        }

        return (sum - 8 * 32767.5f) * Unit;
    }
}
