using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tools;

namespace Llamalith.StoryTraining.Stages;

/// <summary>The end of the pipeline: the model quantised to 8 bits with its tokenizer, and all results in one table.</summary>
internal static class ExportStage
{
    /// <summary>Its name, also its folder's.</summary>
    public const string Name = "export";

    /// <summary>The default model's file.</summary>
    public const string ModelFile = "stories.gguf";

    /// <summary>Writes the model and the table.</summary>
    /// <returns>The table, a model a row.</returns>
    public static IReadOnlyList<TruthReport> Run(Setup setup)
    {
        string folder = Path.Combine(setup.Folder, Name), source = setup.ModelOf(PpoStage.Folder);
        if (!File.Exists(source))
            throw new StageException($"{source} is missing: `rlhf` makes it.");
        Directory.CreateDirectory(folder);
        using (Checkpoint checkpoint = Checkpoint.Open(source))
        {
            ModelQuantizer.Quantize(
                checkpoint, Path.Combine(folder, ModelFile), QuantizationPreset.Q8_0,
                new QuantizeOptions { Threads = Math.Max(1, setup.Threads) });
        }

        TruthReport[] reports =
            [.. new[] { SftStage.Folder, RejectionStage.Folder, PpoStage.Folder }.Select(
                stage => Report.Load<TruthReport>(Path.Combine(setup.Folder, stage, "report.json")))];
        Report.Save(Path.Combine(folder, "truth.json"), reports);
        return reports;
    }
}
