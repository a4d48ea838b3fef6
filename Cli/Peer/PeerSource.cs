using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Cli.Peer;

/// <summary>llama.cpp as a contender, in processes of its own.</summary>
/// <param name="task">What all of them are asked, but for the plan and the threads.</param>
/// <param name="log">Takes llama.cpp's log; null for nobody.</param>
internal sealed class PeerSource(PeerTask task, Action<string>? log) : IContenderSource
{
    /// <inheritdoc/>
    public string Name => PeerEngine.EngineName;

    /// <inheritdoc/>
    public IContender Prepare(BenchPlan plan, int threads, LogitsComparison comparison, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        PeerTask asked = task with { Plan = plan, Threads = threads };
        string logits = Path.GetTempFileName();
        try
        {
            // The first process says what it sees, and which way of attention is the faster; those that are timed have only that one.
            PeerAnswer seen = PeerContender.Ask(asked with { LogitsPath = logits, Tokens = comparison.Tokens }, log, cancellation);
            comparison.RequireVocabulary(Name, seen.VocabSize);
            if (comparison.IsRecorded)
                comparison.Compare(Rows(logits, seen.VocabSize));
            return new PeerContender(asked with { FlashAttention = seen.FlashAttention }, seen.Detail, log);
        }
        finally
        {
            File.Delete(logits);
        }
    }

    private static float[][] Rows(string path, int columns)
    {
        ReadOnlySpan<float> all = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path));
        float[][] rows = new float[all.Length / columns][];
        for (int row = 0; row < rows.Length; row++)
            rows[row] = all.Slice(row * columns, columns).ToArray();
        return rows;
    }
}
