using System;
using System.Threading;

namespace Llamalith.Cli.Benchmarking;

/// <summary>An engine that can be loaded into this process, once for each number of threads.</summary>
/// <param name="Name">The name that the engine will have.</param>
/// <param name="Load">Loads it for a plan, with a number of threads.</param>
internal sealed record EngineSource(string Name, Func<BenchPlan, int, IBenchEngine> Load) : IContenderSource
{
    /// <inheritdoc/>
    public IContender Prepare(BenchPlan plan, int threads, LogitsComparison comparison, CancellationToken cancellation)
    {
        EngineContender contender = EngineContender.Load(plan, () => Load(plan, threads), cancellation);
        try
        {
            contender.TakePart(comparison, cancellation);
            return contender;
        }
        catch
        {
            contender.Dispose();
            throw;
        }
    }
}
