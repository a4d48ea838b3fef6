using System.Collections.Generic;
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
    /// Weights: a long stream. First what runs where nothing was measured: lines have arrived in the second level by then, and 1 KiB is too
    /// late where memory is busy. Processors whose own prefetchers do as well want nearer lines, or none.
    /// </summary>
    public static IReadOnlyList<ReadAheadPlan> Weights { get; } =
        [new(Far, NearBytes: 4096), new(Far, 1024), new(4096, 2048), new(2048, 512), new(16384, 4096), new(0, 0)];

    /// <summary>Keys and values: their pieces are short, and what lies behind one's end is asked for in vain.</summary>
    public static ReadAheadPlan? Cache(Dialect isa) => isa.Prefetches ? new(Far, NearBytes: 1024) : null;
}
