using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Benchmarks.Training;

/// <summary>What training takes, by the formula of docs/TRAINING.md and by the system.</summary>
internal static class TrainingMemory
{
    /// <summary>Bytes of this process that are in memory.</summary>
    public static long Resident()
    {
        GC.Collect();
        if (!OperatingSystem.IsLinux())
            return Environment.WorkingSet;
        string line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Weights, gradients and two moments; each token's activations; and what does not grow with either.</summary>
    public static long Predicted(ModelShape shape, int tokens, int threads)
    {
        long dim = Row(shape.Dim), query = Row(shape.QueryDim), ffn = Row(shape.FfnDim);
        long qkv = Row(Pad(shape.QueryDim) + Pad(shape.KvDim) + shape.KvDim), gateUp = Row(Pad(shape.FfnDim) + shape.FfnDim);
        long kept = (2 * dim) + qkv + query + shape.Heads + gateUp;
        long passing = (5 * dim) + (2 * ffn) + query + qkv;
        long vocab = Row(shape.VocabSize);
        long chunk = Math.Min(tokens, Math.Max(64, Math.Min(1024, (4 << 20) / vocab / 64 * 64)));
        long floats = (4 * Parameters(shape)) + (tokens * ((shape.Layers * kept) + passing)) + (chunk * (vocab + (2 * dim)));
        return sizeof(float) * (floats + (threads * (((504L + 32) * 128) + (2L * shape.Context * shape.HeadDim) + (112L * shape.Context))));
    }

    private static long Parameters(ModelShape shape)
    {
        long layer = (2L * shape.Dim * shape.QueryDim) + (2L * shape.Dim * shape.KvDim) + (3L * shape.Dim * shape.FfnDim) + (2 * shape.Dim);
        return (shape.Layers * layer) + ((long)shape.VocabSize * shape.Dim * (shape.TiedEmbeddings ? 1 : 2)) + shape.Dim;
    }

    private static long Pad(long floats) => (floats + 31) / 32 * 32;

    private static long Row(long floats) => Pad(floats) % 512 == 0 ? Pad(floats) + 32 : Pad(floats);
}
