using System;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;

namespace Llamalith.Cli.Commands;

/// <summary>Compiles the engine that `bench` measures.</summary>
internal static class BenchEngine
{
    /// <summary>Gets an engine for the model, which is then loaded once for each number of threads.</summary>
    /// <param name="engines">Where engines come from.</param>
    /// <param name="request">What is measured.</param>
    /// <param name="cancellation">Stops the compiler, or a load.</param>
    /// <exception cref="CliException">It cannot be compiled as asked for.</exception>
    public static Task<EngineSource> CompileAsync(EngineBuilder engines, BenchRequest request, CancellationToken cancellation) => Task.Run(
        () =>
        {
            using Checkpoint checkpoint = AdapterRequest.Open(request.Path, request.Adapters);
            int context = Math.Max(request.Plan.Positions, Math.Min(checkpoint.Shape.Context, ModelClass.UsualContext));
            ModelClass model = RunningModel.EngineClass(checkpoint, context, request.Cache);
            Engine engine = engines.Get(model, ProgressBars.On(Console.Error), cancellation);
            return new EngineSource(
                LlamalithEngine.EngineName, (_, threads) => LlamalithEngine.Load(() => Load(engine, request, threads, cancellation)));
        },
        cancellation);

    private static ILlamaModel Load(Engine engine, BenchRequest request, int threads, CancellationToken cancellation)
    {
        Checkpoint checkpoint = AdapterRequest.Open(request.Path, request.Adapters);
        try
        {
            return engine.Load(checkpoint, new LoadOptions { Threads = threads, Cancellation = cancellation });
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }
}
