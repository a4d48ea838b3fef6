using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using Llamalith.Benchmarks.Baselines;
using Llamalith.Benchmarks.Models;
using Llamalith.Benchmarks.Targets;
using Llamalith.Contracts;
using Llamalith.Reference;
using Llamalith.TorchPeer;
using Llamalith.Training;

namespace Llamalith.Benchmarks.Training;

/// <summary>
/// Training steps (forward, backward, AdamW with clipping) beside torch's, with the same weights, batch and threads, in turns; and beside
/// the machine's multiply-add peak.
/// </summary>
internal static class TrainingSpeed
{
    private const int Sequences = 8, Length = 256, Repeats = 5;

    public static int Run(string[] arguments)
    {
        int threads = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
        string only = arguments.Length > 1 ? arguments[1] : "";
        Console.WriteLine(
            $"{threads} threads, batches of {Sequences} sequences of {Length} tokens; "
                + $"{TorchLibrary.Obstacle ?? "torch: libtorch's CPU build"}");
        Measure<Train128.Trainer>("128", threads, only);
        Measure<Train256.Trainer>("256", threads, only);
        Measure<Train512.Trainer>("512", threads, only);
        return 0;
    }

    private static void Measure<TTrainer>(string name, int threads, string only)
        where TTrainer : ITrainer<TTrainer>
    {
        if (only.Length > 0 && only != name)
            return;
        (int[] tokens, int[] lengths, int[] targets) = Batch(TTrainer.CompiledShape.VocabSize);
        long before = TrainingMemory.Resident();
        using TTrainer trainer = TTrainer.Create(1, new TrainerOptions { Threads = threads, TokenCapacity = tokens.Length });
        using AdamW optimizer = new(trainer);
        CrossEntropy loss = new();
        Ours();
        long taken = TrainingMemory.Resident() - before;
        long predicted = TrainingMemory.Predicted(TTrainer.CompiledShape, tokens.Length, threads);
        using TorchLlama? torch =
            TorchLibrary.Obstacle is null ? new TorchLlama(trainer.Shape, trainer.RopeLayout, trainer.Parameters) : null;
        double flops = tokens.Length * FlopsPerToken(TTrainer.CompiledShape);
        PeakFma peak = new(flops / 4, threads);
        if (torch is not null)
            TorchSharp.torch.set_num_threads(threads);
        double[][] seconds =
            Median.Interleaved(Repeats, () => Time(Ours), () => Time(() => trainer.Team.Run(peak)), () => torch is null ? 1 : Time(Theirs));
        double reached = Median.OfRatios(seconds[1], seconds[0]) * flops / peak.Flops;
        double theirs = tokens.Length / Median.Of(seconds[2]), ratio = Median.OfRatios(seconds[2], seconds[0]);
        string beside = torch is null
            ? "no torch" : string.Create(CultureInfo.InvariantCulture, $"torch {theirs:N0} tokens/s, ours {ratio:F2} times as fast");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"dim {name}: {tokens.Length / Median.Of(seconds[0]):N0} tokens/s, {reached:P0} of the multiply-add peak; {beside}; "
                + $"memory {taken / 1e6:F1} MB, by the formula {predicted / 1e6:F1} MB"));

        void Ours()
        {
            loss.Begin(targets);
            trainer.Forward(tokens, lengths);
            trainer.Backward(loss);
            optimizer.Step(1e-4);
        }

        void Theirs()
        {
            torch!.Backward(tokens, targets, Length);
            torch.Step(1e-4);
        }
    }

    // A product's three matrix products; of attention two forward and five backward, over the positions that a token sees on average.
    private static double FlopsPerToken(ModelShape shape)
    {
        double layer = (2.0 * shape.Dim * shape.QueryDim) + (2.0 * shape.Dim * shape.KvDim) + (3.0 * shape.Dim * shape.FfnDim);
        double attention = 7 * 2 * shape.QueryDim * (Length + 1) / 2.0;
        return (6 * ((shape.Layers * layer) + ((double)shape.VocabSize * shape.Dim))) + (shape.Layers * attention);
    }

    private static double Time(Action action)
    {
        Stopwatch watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalSeconds;
    }

    private static (int[] Tokens, int[] Lengths, int[] Targets) Batch(int vocab)
    {
        var random = new SeededRandom(1);
        int[] tokens = [.. Enumerable.Range(0, Sequences * Length).Select(_ => random.Next(vocab))];
        int[] lengths = [.. Enumerable.Repeat(Length, Sequences)];
        int[] targets = new int[tokens.Length];
        TokenTargets.NextTokens(tokens, lengths, targets);
        return (tokens, lengths, targets);
    }
}
