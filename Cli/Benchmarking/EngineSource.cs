using System;

namespace Llamalith.Cli.Benchmarking;

/// <summary>An engine that can be loaded, once for each number of threads.</summary>
/// <param name="Name">The name that the engine will have.</param>
/// <param name="Load">Loads it for a plan, with a number of threads.</param>
internal sealed record EngineSource(string Name, Func<BenchPlan, int, IBenchEngine> Load);
