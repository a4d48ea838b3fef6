using System;
using System.Diagnostics;
using System.Threading;
using Llamalith.Checkpoints;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Packer.Compilation;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Models;

/// <summary>A model of a file with an engine of its own and its tokenizer, ready to run.</summary>
internal sealed class RunningModel : IDisposable
{
    private readonly Tokenizer? _tokenizer;

    private RunningModel(ILlamaModel model, Tokenizer? tokenizer, TimeSpan untilLoading, TimeSpan loading)
    {
        Model = model;
        _tokenizer = tokenizer;
        UntilLoading = untilLoading;
        Loading = loading;
    }

    /// <summary>The engine with the weights bound.</summary>
    public ILlamaModel Model { get; }

    /// <summary>The model's tokenizer.</summary>
    /// <exception cref="InvalidOperationException">It was opened without, since none is there; see <see cref="HasTokenizer"/>.</exception>
    public Tokenizer Tokenizer => _tokenizer ?? throw new InvalidOperationException("The model was opened without a tokenizer.");

    /// <summary>Whether there is a tokenizer.</summary>
    public bool HasTokenizer => _tokenizer is not null;

    /// <summary>From the tool's first line until the engine was there and the weights began to be loaded.</summary>
    public TimeSpan UntilLoading { get; }

    /// <summary>What loading the weights took.</summary>
    public TimeSpan Loading { get; }

    /// <summary>Opens the file, gets an engine for it and loads the weights.</summary>
    /// <param name="request">The model.</param>
    /// <param name="engines">Where engines come from.</param>
    /// <param name="bars">Shows what takes long.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <param name="needsTokenizer">Whether a model without a tokenizer is of no use.</param>
    /// <exception cref="CliException">It cannot be run as asked for.</exception>
    /// <exception cref="ModelFormatException">A file is no model, or damaged.</exception>
    public static RunningModel Open(
        ModelRequest request, EngineBuilder engines, ProgressBars bars, CancellationToken cancellation, bool needsTokenizer = true)
    {
        ArgumentNullException.ThrowIfNull(request);
        Checkpoint checkpoint = AdapterRequest.Open(request.Path, request.Adapters);
        try
        {
            // First what fails fast.
            ModelClass model = EngineClass(checkpoint, request.Context, request.KvCache);
            Tokenizer? tokenizer = needsTokenizer
                ? ModelTokenizer.Open(checkpoint, request.TokenizerPath) : ModelTokenizer.TryOpen(checkpoint, request.TokenizerPath);
            if (checkpoint.Notice is { } notice)
                engines.Notice?.Invoke($"{checkpoint.Path}: {notice}");
            checkpoint = Streamed(checkpoint, MemoryNeed.Of(checkpoint, model), request, engines, bars, cancellation);
            Engine engine = engines.Get(model, bars, cancellation);
            TimeSpan untilLoading = Stopwatch.GetElapsedTime(Tool.Started);
            long start = Stopwatch.GetTimestamp();
            ILlamaModel loaded = bars.Run("loading", progress =>
                engine.Load(checkpoint, new LoadOptions
                {
                    Threads = request.Threads,
                    Tune = request.Tune,
                    Measured = request.Measured,
                    Progress = progress,
                    Cancellation = cancellation,
                }));
            return new RunningModel(loaded, tokenizer, untilLoading, Stopwatch.GetElapsedTime(start));
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    // Weights larger than memory must lie in the engine's layout on disk, where the system can take them from at any time.
    private static Checkpoint Streamed(Checkpoint checkpoint, MemoryNeed need, ModelRequest request, EngineBuilder engines,
        ProgressBars bars, CancellationToken cancellation)
    {
        if (need.Weights <= request.AvailableMemory)
            return checkpoint;

        // What is packed is kept, and known by the model's file alone.
        if (checkpoint is not PackedCheckpoint && (request.PackedFolder is null || request.Adapters.Count > 0))
        {
            engines.Notice?.Invoke(need.Complaint(request.AvailableMemory)!);
            return checkpoint;
        }

        PackedCheckpoint? packed = checkpoint as PackedCheckpoint;
        engines.Notice?.Invoke(
            need.Complaint(request.AvailableMemory, packed?.Path ?? new PackedModels(request.PackedFolder!).PathOf(checkpoint.Path))!);
        if (packed is null)
        {
            packed =
                new PackedModels(request.PackedFolder!).Open(checkpoint, request.Threads ?? Environment.ProcessorCount, bars, cancellation);
            checkpoint.Dispose();
        }

        packed.ReadAhead();
        return packed;
    }

    /// <summary>The class to compile where a model runs here and now: of one name, so that files of one shape share an engine.</summary>
    public static ModelClass EngineClass(Checkpoint checkpoint, int? context, KvFormat cache) =>
        ModelClass.For(checkpoint, "Model", context) with { KvCache = cache, Isa = MachineIsa.Best };

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
