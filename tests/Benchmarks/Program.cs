using System.Collections.Generic;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using Llamalith.Benchmarks.Edge;
using Llamalith.Benchmarks.Formats;
using Llamalith.Benchmarks.Names;
using Llamalith.Benchmarks.Targets;
using Llamalith.Benchmarks.Training;

namespace Llamalith.Benchmarks;

/// <summary>
/// `targets` measures what the project promises, in minutes, and prints one table; `edge` does so for samples/Edge as it ships, `training`
/// sets training steps beside torch's, `perplexity` trains a model and says what each weight format costs it, `names` tries projects full
/// of names that clash; anything else goes to BenchmarkDotNet, with one job for each instruction set of the machine.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        switch (args)
        {
            case ["targets", .. string[] rest]:
                return TargetTable.Run(rest);
            case [EdgeTable.Command, .. string[] rest]:
                return EdgeTable.Run(rest);
            case [FormatTable.Command, .. string[] rest]:
                return FormatTable.Run(rest);
            case [HostileRun.Command, .. string[] rest]:
                return HostileRun.Run(rest);
            case ["training", .. string[] rest]:
                return TrainingSpeed.Run(rest);
            case [FirstCalls.Command]:
                return FirstCalls.RunHere();
            case [GeneratorTimes.Command]:
                return GeneratorTimes.RunHere();
            default:
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, Config());
                return 0;
        }
    }

    private static ManualConfig Config()
    {
        ManualConfig config = ManualConfig.Create(DefaultConfig.Instance);
        foreach ((string id, string? variable) in Narrowings())
        {
            Job job = Job.Default.WithId(id).WithWarmupCount(3).WithIterationCount(10);
            config.AddJob(variable is null ? job : job.WithEnvironmentVariable(new EnvironmentVariable(variable, "0")));
        }

        return config;
    }

    // Each instruction set and the variable that hides the better ones.
    private static IEnumerable<(string Id, string? Variable)> Narrowings()
    {
        if (AdvSimd.Arm64.IsSupported)
        {
            yield return ("neon", null);
            yield break;
        }

        if (Avx512F.IsSupported)
            yield return ("avx512", null);
        if (Avx2.IsSupported)
            yield return ("avx2", "DOTNET_EnableAVX512");
        yield return ("scalar", "DOTNET_EnableAVX2");
    }
}
