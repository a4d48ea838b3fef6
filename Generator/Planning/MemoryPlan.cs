using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Generator.Quant;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>
/// What an engine takes in memory, in bytes, as it allocates it: panels with their scales and padding, the cache in whole pages, and the
/// buffers of a pass. Where a matrix may have one of several formats, it is the largest.
/// </summary>
internal sealed class MemoryPlan
{
    /// <summary>Threads that are reckoned with, should the machine have as many processors.</summary>
    private const int MostThreads = 16;

    // As WorkerTeam.SizeFor has it: so much for a thread to read from one barrier to the next.
    private const long LeastBytesBetweenBarriers = 32 << 10;

    // WeightBinder begins every tensor on a cache line.
    private const int Alignment = 64;

    public MemoryPlan(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        long perLayer = plan.Matrices.Where(static matrix => matrix.Name != ModelPlan.Classifier).Sum(matrix => Panels(plan, matrix))
            + LayerTensors.Of(spec).Where(static tensor => tensor.Role != TensorRole.Matrix).Sum(tensor => Vector(tensor.ColumnsOf(spec)));
        Weights = (spec.Layers * perLayer) + Vector(spec.Dim) + Panels(plan, plan.Matrix(ModelPlan.Classifier));
        Embedding = spec.VocabSize * Formats(plan, spec.Dim).Max(format => (long)spec.Dim / format.Columns * format.StoredBytes);
        BytesPerToken = KvSizes.BytesPerToken(spec.KvCache.ToString(), spec.Layers, spec.KvHeads, spec.HeadDim);
        Cache = (long)plan.Cache.HeadPageElements * plan.Cache.ElementBytes * spec.KvHeads * spec.Layers * plan.Cache.Pages;
        int barriers = Scheduler.Of(plan.Graph.Decode).BarriersPerToken(spec.Layers);
        Threads = (int)Math.Min(Math.Max(Weights / (barriers * LeastBytesBetweenBarriers), 1), MostThreads);
        Scratch = plan.Scratch.BytesFor(Threads) + (ModelPlan.Pad(spec.VocabSize, ModelPlan.PanelRows) * sizeof(float));
    }

    /// <summary>All weights in panels.</summary>
    public long Weights { get; }

    /// <summary>The token embedding, which stays in the file: of its pages those are in memory that tokens have read.</summary>
    public long Embedding { get; }

    /// <summary>Keys and values of one position in every layer.</summary>
    public long BytesPerToken { get; }

    /// <summary>The KV cache at its full context.</summary>
    public long Cache { get; }

    /// <summary>As many threads as an engine takes by itself, on a machine of up to sixteen processors.</summary>
    public int Threads { get; }

    /// <summary>The buffers of a pass with so many threads.</summary>
    public long Scratch { get; }

    /// <summary>All that is no cache.</summary>
    public long WithoutCache => Weights + Embedding + Scratch;

    /// <summary>All of it.</summary>
    public long Total => WithoutCache + Cache;

    /// <summary>The problem of a model that takes more than it may; null where it does not.</summary>
    public static SpecProblem? Check(ModelSpec spec)
    {
        if (spec.MaxMemory == 0)
            return null;
        MemoryPlan memory = new(new ModelPlan(spec));
        if (memory.Total <= spec.MaxMemory)
            return null;
        string[] arguments =
        [
            Bytes(memory.Total), Bytes(memory.Weights + memory.Embedding), Bytes(memory.Cache), Number(spec.Context),
            Bytes(memory.BytesPerToken), Bytes(spec.MaxMemory), Bytes(memory.Scratch), Number(memory.Threads),
        ];
        return new SpecProblem(SpecRule.OverBudget, new EquatableArray<string>(["MaxMemory"]), new EquatableArray<string>(arguments));
    }

    private static long Panels(ModelPlan plan, MatrixPlan matrix)
    {
        int columns = matrix.Kernel.ColumnCount;
        return Aligned((long)matrix.Panels * Formats(plan, columns).Max(format => (long)columns / format.Columns * format.PanelBytes));
    }

    // Rows that are no whole blocks of any declared format are floats, or of a file that is refused.
    private static IEnumerable<WeightBlock> Formats(ModelPlan plan, int columns) =>
        plan.FormatsFor(columns) is { Count: > 0 } formats ? formats : WeightBlocks.Of(WeightFormat.F32);

    private static long Vector(int length) => Aligned((long)ModelPlan.Pad(length, ModelPlan.PanelRows) * sizeof(float));

    private static string Bytes(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
