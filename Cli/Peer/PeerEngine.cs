using System;
using System.Diagnostics;
using System.Globalization;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Cli.Peer;

/// <summary>llama.cpp as a measured engine.</summary>
internal sealed class PeerEngine : IBenchEngine
{
    /// <summary>Its name in tables and JSON.</summary>
    public const string EngineName = "llama.cpp";

    private readonly PeerModel model;
    private readonly PeerContext context;

    private PeerEngine(PeerModel model, PeerContext context, int threads, double loadMilliseconds, string detail)
    {
        this.model = model;
        this.context = context;
        LoadMilliseconds = loadMilliseconds;
        Detail = detail;
        Threads = threads;
    }

    public string Name => EngineName;

    public string Detail { get; }

    public int Threads { get; }

    public int VocabSize => model.VocabSize;

    public int Position => context.Position;

    public double LoadMilliseconds { get; }

    /// <summary>The model, for its tokenizer.</summary>
    public PeerModel Model => model;

    /// <summary>Whether flash attention is on.</summary>
    public bool FlashAttention => context.FlashAttention;

    /// <summary>Loads a model. Where flash attention is left open both ways are timed; the time of that is not in the load time.</summary>
    /// <exception cref="CliException">llama.cpp refuses the file or the options.</exception>
    public static PeerEngine Load(LlamaCpp api, string path, PeerOptions options)
    {
        PeerModel model = PeerModel.Load(api, path);
        try
        {
            (bool flash, string note) = ChooseAttention(model, options);
            long start = Stopwatch.GetTimestamp();
            PeerContext context = new(model, options, flash);
            double milliseconds = model.LoadMilliseconds + Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            string detail = $"{api.Version} {api.CpuVariant}, flash attention {OnOff(flash)}{note}, cache {options.Cache}";
            return new PeerEngine(model, context, options.Threads, milliseconds, detail);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens) => context.Append(tokens);

    public ReadOnlySpan<float> Decode(int token) => context.Append([token]);

    public void Truncate(int count) => context.Truncate(count);

    public void Rest() => context.Rest();

    public void Dispose()
    {
        context.Dispose();
        model.Dispose();
    }

    private static (bool Flash, string Note) ChooseAttention(PeerModel model, PeerOptions options)
    {
        if (options.FlashAttention is bool said)
            return (said, "");
        if (options.Cache is not (PeerCacheFormat.F32 or PeerCacheFormat.F16))
            return (true, "");
        double off = TrySeconds(model, options, flash: false);
        double on = TrySeconds(model, options, flash: true);
        return (on <= off, string.Create(CultureInfo.InvariantCulture, $" (the faster: {on:0.00} s on, {off:0.00} s off)"));
    }

    /// <summary>The time of the trial's prompt and decoding, behind its depth and once warmed up.</summary>
    private static double TrySeconds(PeerModel model, PeerOptions options, bool flash)
    {
        // A small context would leave no room for the trial as asked: it shrinks from the depth upwards.
        int prompt = Math.Clamp(options.Trial.Prompt, 1, options.Context);
        int decode = Math.Clamp(options.Trial.Decode, 0, options.Context - prompt);
        int depth = Math.Clamp(options.Trial.Depth, 0, options.Context - prompt - decode);
        int[] tokens = BenchTokens.Create(depth + prompt + decode, model.VocabSize);

        using PeerContext context = new(model, options, flash);
        if (depth > 0)
            context.Append(tokens.AsSpan(0, depth));
        Run();
        context.Truncate(depth);
        long start = Stopwatch.GetTimestamp();
        Run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;

        void Run()
        {
            context.Append(tokens.AsSpan(depth, prompt));
            for (int i = 0; i < decode; i++)
                context.Append(tokens.AsSpan(depth + prompt + i, 1));
        }
    }

    private static string OnOff(bool on) => on ? "on" : "off";
}
