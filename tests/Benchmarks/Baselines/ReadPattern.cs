namespace Llamalith.Benchmarks.Baselines;

/// <summary>How a <see cref="ReadLoop"/> reads its share.</summary>
internal enum ReadPattern
{
    /// <summary>From front to back, prefetching left to the hardware.</summary>
    Plain,

    /// <summary>From front to back, prefetching 4 KiB ahead.</summary>
    Prefetched,

    /// <summary>Four quarters side by side, prefetching 4 KiB ahead in each.</summary>
    FourStreams,
}
