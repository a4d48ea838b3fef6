using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Evaluation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tools;

namespace Llamalith.Benchmarks.Formats;

/// <summary>How well a model foresees texts with its weights in a format.</summary>
/// <param name="Format">The format, as `llamalith quantize` takes it.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="Perplexity">The perplexity, with the error that the choice of the texts gives it.</param>
/// <param name="Ratio">That over F32's, from the difference of each token's two losses: texts that are hard are so for both, so this error
/// is far smaller.</param>
internal sealed record FormatCost(QuantizationPreset Format, long Bytes, Perplexity Perplexity, Perplexity Ratio);

/// <summary>
/// What the weights' formats cost a trained model: each written by the project's own quantisers and run by an engine compiled for it.
/// </summary>
internal static class FormatCosts
{
    /// <summary>Measures formats one by one, after F32.</summary>
    /// <param name="source">A GGUF file with its weights in F32 and a tokenizer.</param>
    /// <param name="formats">The other formats.</param>
    /// <param name="sequences">Tokens, each sequence with its begin token and no longer than the context.</param>
    /// <param name="folder">Where the quantised files go; each is deleted after its turn.</param>
    /// <param name="threads">Threads that compute.</param>
    public static IEnumerable<FormatCost> Measure(
        string source, IEnumerable<QuantizationPreset> formats, IReadOnlyCollection<int[]> sequences, string folder, int threads)
    {
        EngineBuilder engines = new(cache: null, () => "");
        double[] whole = Losses(source, sequences, engines, threads);
        yield return Cost(QuantizationPreset.F32, source, whole);
        foreach (QuantizationPreset format in formats)
        {
            string path = Path.Combine(folder, $"{format}.gguf");
            using (Checkpoint checkpoint = Checkpoint.Open(source))
                ModelQuantizer.Quantize(checkpoint, path, format, new QuantizeOptions { Threads = threads });
            yield return Cost(format, path, Losses(path, sequences, engines, threads));
            File.Delete(path);
        }

        FormatCost Cost(QuantizationPreset format, string path, double[] losses) =>
            new(format, new FileInfo(path).Length, Perplexity.Of(losses),
                Perplexity.Of([.. losses.Zip(whole, (loss, before) => loss - before)]));
    }

    // With a cache of 32-bit floats, so that nothing but the weights' format differs.
    private static double[] Losses(string path, IReadOnlyCollection<int[]> sequences, EngineBuilder engines, int threads)
    {
        ModelRequest request = new() { Path = path, KvCache = KvFormat.F32, Threads = threads };
        using RunningModel running = RunningModel.Open(request, engines, ProgressBars.None, default);
        TokenLosses judge = new(running.Model);
        double[] losses = new double[sequences.Sum(tokens => tokens.Length - 1)];
        int end = 0;
        foreach (int[] tokens in sequences)
        {
            judge.Compute(tokens, 1, losses.AsSpan(end, tokens.Length - 1));
            end += tokens.Length - 1;
        }

        return losses;
    }
}
