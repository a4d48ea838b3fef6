using System;
using System.CommandLine;
using Llamalith.Contracts;

namespace Llamalith.Cli.Commands;

/// <summary>The option that says how many threads do something.</summary>
internal static class ThreadsOption
{
    /// <summary>The most that it may be.</summary>
    public const int Most = WorkerTeam.MaxSize;

    /// <summary>Makes one for work that takes every processor where no number is given.</summary>
    public static Option<int> Create(string description) =>
        CountOption.Create("--threads", "-t", Environment.ProcessorCount, 1, description, Most);

    /// <summary>Makes one for running a model: null where no number is given.</summary>
    public static Option<int?> CreateForModel() =>
        CountOption.Create(
            "--threads", "-t", 1, "Threads that run the model. Default: one for each processor, fewer for small models.", Most);
}
