using System;
using System.Threading;

namespace Llamalith.Cli.Benchmarking;

/// <summary>One side of a comparison, ready to take its turns.</summary>
internal interface IContender : IDisposable
{
    /// <summary>Its name in tables and JSON.</summary>
    string Name { get; }

    /// <summary>Measures once what the plan says. Nothing of it runs between its turns.</summary>
    void TakeTurn(CancellationToken cancellation);

    /// <summary>What the turns came to.</summary>
    EngineRun ToRun();
}

/// <summary>What a contender can be had from, once for each number of threads.</summary>
internal interface IContenderSource
{
    /// <summary>The name that the contender will have.</summary>
    string Name { get; }

    /// <summary>Loads it, warms it up and has its logits recorded or compared.</summary>
    /// <param name="plan">What will be measured.</param>
    /// <param name="threads">Threads that it runs on.</param>
    /// <param name="comparison">Holds the logits of the first contender, and how far others agree.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="CliException">It cannot be loaded, or sees another vocabulary than the first.</exception>
    IContender Prepare(BenchPlan plan, int threads, LogitsComparison comparison, CancellationToken cancellation);
}
