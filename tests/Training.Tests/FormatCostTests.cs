using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Benchmarks.Formats;
using Llamalith.Quantization;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Running;
using Llamalith.StoryTraining.Stages;
using Llamalith.Tests.Readers;

namespace Llamalith.Tests.Training;

/// <summary>What formats cost a trained model whose rows hold their blocks: the benchmark `perplexity` in small.</summary>
public sealed class FormatCostTests(PreparedRun prepared)
{
    private const int HeldOut = 60;

    [Fact]
    public void Formats_CostATrainedModelLittle()
    {
        using TempFolder folder = new();
        Setup setup = new(ModelKit.Of<WideLlama, WideLlama.Trainer>(), folder["run"], Seed: 1, Threads: 1);
        Directory.CreateDirectory(folder["run/tokenizer"]);
        File.Copy(Path.Combine(prepared.Folder, TokenizerStage.Name, TokenizerStage.File),
            Path.Combine(setup.Folder, TokenizerStage.Name, TokenizerStage.File));
        using (PretrainStage stage = new(setup, new Pace(40, 8, 6e-3), heldOut: HeldOut))
            Assert.True(StageRunner.Run(stage, new RunOptions { Folder = setup.Folder, Quiet = true }));
        PretrainReport report = Report.Load<PretrainReport>(Path.Combine(setup.Folder, PretrainStage.Folder, "report.json"));

        int[][] stories = PretrainStage.HeldOut(setup, HeldOut);
        QuantizationPreset[] formats = [QuantizationPreset.Q8_0, QuantizationPreset.Q4_K_M];
        Dictionary<QuantizationPreset, FormatCost> costs = FormatCosts.Measure(
            setup.ModelOf(PretrainStage.Folder), formats, stories, folder.Path, threads: 1).ToDictionary(cost => cost.Format);
        foreach (FormatCost cost in costs.Values)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{cost.Format}: {cost.Perplexity.Value:F4} ± {cost.Perplexity.Error:F4}, beside F32 {100 * (cost.Ratio.Value - 1):F3} % ± "
                    + $"{100 * cost.Ratio.Error:F3} %");
        }

        // It has learned something (of 1,024 tokens), and the engine says what the trainer says.
        Assert.InRange(report.HeldOutPerplexity, 1, 300);
        Assert.InRange(costs[QuantizationPreset.F32].Perplexity.Value / report.HeldOutPerplexity, 1 - 1e-4, 1 + 1e-4);
        Assert.Equal((1, 0), (costs[QuantizationPreset.F32].Ratio.Value, costs[QuantizationPreset.F32].Ratio.Error));

        Assert.InRange(costs[QuantizationPreset.Q8_0].Ratio.Value, 0.995, 1.005);
        Assert.InRange(costs[QuantizationPreset.Q4_K_M].Ratio.Value, 0.99, 1.01);
        Assert.All(formats, format => Assert.True(costs[format].Ratio.Error > 0, "The losses must not be F32's own."));
        Assert.All(costs.Values, cost => Assert.True(cost.Ratio.Error < cost.Perplexity.Error / cost.Perplexity.Value, cost.ToString()));
        Assert.True(costs[QuantizationPreset.Q4_K_M].Bytes < costs[QuantizationPreset.Q8_0].Bytes);
    }
}
