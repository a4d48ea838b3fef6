using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Planning;

/// <summary>
/// Kernels compute on what they stream for longer than the hardware looks ahead. Lines are asked for by hand: two pages on into the
/// second level, where there is room for many that are under way, and nearer their use into the first.
/// </summary>
/// <param name="FarBytes">Bytes ahead at which lines are asked for, into the second level.</param>
/// <param name="NearBytes">Bytes ahead at which they are moved to the first level.</param>
internal sealed record ReadAheadPlan(int FarBytes, int NearBytes)
{
    public const int CacheLine = 64;

    private const int Far = 8192;

    /// <summary>
    /// Weights: a long stream. They have arrived in the second level by then, and 1 KiB is too late where memory is busy.
    /// </summary>
    public static ReadAheadPlan? Weights(Dialect isa) => isa.Prefetches ? new(Far, NearBytes: 4096) : null;

    /// <summary>Keys and values: their pieces are short, and what lies behind one's end is asked for in vain.</summary>
    public static ReadAheadPlan? Cache(Dialect isa) => isa.Prefetches ? new(Far, NearBytes: 1024) : null;
}
