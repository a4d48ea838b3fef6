using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Llamalith.Benchmarks.Models;
using Llamalith.Cli.Output;
using Llamalith.Quantization;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Running;
using Llamalith.StoryTraining.Stages;

namespace Llamalith.Benchmarks.Formats;

/// <summary>
/// Trains a model whose rows every format can hold, on the stories of samples/Training, and prints its perplexity on stories that it has
/// not seen, in each format beside F32.
/// </summary>
internal static class FormatTable
{
    /// <summary>The word of the command line.</summary>
    public const string Command = "perplexity";

    private const int BatchSize = 16, CorpusSize = 20000;
    private const double LearningRate = 2e-3;

    private const string Usage = """
        usage: perplexity [--steps N] [--held-out N] [--threads N] [--run FOLDER]
          --steps     steps of training, of 16 stories each; default 2000
          --held-out  stories to measure with; default 1000
          --threads   threads that compute; default: one for each processor
          --run       where the training is kept, to be gone on with or measured again; default: nowhere
        """;

    public static int Run(string[] args)
    {
        int steps = 2000, heldOut = 1000, threads = Environment.ProcessorCount;
        string? kept = null;
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            bool isRight = args[i] switch
            {
                "--steps" => TryRead(value, out steps),
                "--held-out" => TryRead(value, out heldOut),
                "--threads" => TryRead(value, out threads),
                "--run" => (kept = value).Length > 0,
                _ => false,
            };
            if (!isRight)
            {
                Console.Error.WriteLine(Usage);
                return 2;
            }
        }

        string folder = kept ?? Directory.CreateTempSubdirectory("llamalith-formats-").FullName;
        try
        {
            Setup setup = new(ModelKit.Of<FormatLlama, FormatLlama.Trainer>(), folder, Seed: 1, threads);
            IEnumerable<QuantizationPreset> formats =
                Enum.GetValues<QuantizationPreset>().Where(format => format != QuantizationPreset.F32);
            Print(FormatCosts.Measure(Train(setup, steps, heldOut), formats, PretrainStage.HeldOut(setup, heldOut), folder, threads));
            return 0;
        }
        finally
        {
            if (kept is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static bool TryRead(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;

    private static string Train(Setup setup, int steps, int heldOut)
    {
        CorpusStage.Run(setup, CorpusSize, heldOut);
        TokenizerStage.Run(setup, heldOut);
        using PretrainStage stage = new(setup, new Pace(steps, BatchSize, LearningRate), heldOut: heldOut);
        StageRunner.Run(stage, new RunOptions { Folder = setup.Folder });
        PretrainReport report = Report.Load<PretrainReport>(Path.Combine(setup.Folder, PretrainStage.Folder, "report.json"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Parameters:N0} weights, {report.TokensSeen:N0} tokens seen; by the trainer's own pass {report.HeldOutPerplexity:F4} "
                + $"on {report.HeldOutStories:N0} held-out stories, of which the best that any model can reach is "
                + $"{report.FloorPerplexity:F4}"));
        return setup.ModelOf(PretrainStage.Folder);
    }

    private static void Print(IEnumerable<FormatCost> costs)
    {
        Console.WriteLine("| weights | file | perplexity | beside F32 |");
        Console.WriteLine("|---|---|---|---|");
        foreach (FormatCost cost in costs)
        {
            double percent = 100 * (cost.Ratio.Value - 1);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {cost.Format} | {Quantity.Bytes(cost.Bytes)} | {cost.Perplexity.Value:F4} ± {cost.Perplexity.Error:F4} | "
                    + $"{(percent < 0 ? '-' : '+')} {Math.Abs(percent):F3} % ± {100 * cost.Ratio.Error:F3} % |"));
        }
    }
}
