using System;
using System.Collections.Generic;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.KernelChecks.Zoo;

namespace Llamalith.KernelChecks.Checks;

/// <summary>What is checked once, not for every class: constants, and classes beside each other.</summary>
internal static class SingleChecks
{
    public static IEnumerable<Check> All()
    {
        yield return new Check("Constants are those of the attribute", Always, ConstantsAreTheAttributes);
        yield return new Check("Caches of other classes are refused by name", Always, OtherClassesCachesAreRefused);
        yield return new Check(AllocationCheck, () => AllocationIsOurs, NoThreadAllocates);
    }

    /// <summary>The name of the check that wants a process for itself.</summary>
    public const string AllocationCheck = "Decode allocates nothing on any thread";

    /// <summary>Whether this process runs nothing but checks, so that the allocations of all threads are the engines'.</summary>
    public static bool AllocationIsOurs { get; set; }

    private static bool Always() => true;

    private static void ConstantsAreTheAttributes()
    {
        Expect.Equal(Stories260K.Dim, 64, nameof(Stories260K.Dim));
        Expect.Equal(Stories260K.FfnDim, 172, nameof(Stories260K.FfnDim));
        Expect.Equal(Stories260K.Layers, 5, nameof(Stories260K.Layers));
        Expect.Equal(Stories260K.Heads, 8, nameof(Stories260K.Heads));
        Expect.Equal(Stories260K.KvHeads, 4, nameof(Stories260K.KvHeads));
        Expect.Equal(Stories260K.HeadDim, 8, nameof(Stories260K.HeadDim));
        Expect.Equal(Stories260K.QueryDim, 64, nameof(Stories260K.QueryDim));
        Expect.Equal(Stories260K.KvDim, 32, nameof(Stories260K.KvDim));
        Expect.Equal(Stories260K.GroupSize, 2, nameof(Stories260K.GroupSize));
        Expect.Equal(Stories260K.VocabSize, 512, nameof(Stories260K.VocabSize));
        Expect.Equal(Stories260K.Context, 512, nameof(Stories260K.Context));
        Expect.Equal(WideHeads.QueryDim, 32, nameof(WideHeads.QueryDim));
        Expect.Equal(WideHeads.KvDim, 16, nameof(WideHeads.KvDim));

        // Tied: the embedding counts once. Bias: queries, keys and values.
        const long Layer = (64 * 64 * 2) + (64 * 32 * 2) + (64 * 172 * 3) + (2 * 64);
        Expect.Equal(Stories260K.Parameters, (512 * 64) + (5 * Layer) + 64, nameof(Stories260K.Parameters));
        const long BiasLayer = (112 * 112 * 2) + (112 * 16 * 2) + (112 * 100 * 3) + (2 * 112) + 112 + 16 + 16;
        Expect.Equal(Gqa7.Parameters, (37 * 112) + (2 * BiasLayer) + 112, "Parameters with bias, tied");
        Expect.Equal(Head6.Parameters, (2 * 37 * 24) + (2 * ((24 * 24 * 2) + (24 * 12 * 2) + (24 * 7 * 3) + (2 * 24))) + 24,
            "Parameters of an untied model");
    }

    private static void OtherClassesCachesAreRefused()
    {
        // The number of layers differs; the size of a head; the number format.
        Refuses<Mha.KvCache>(SavedBy(AttentionZoo.Stories260K), "Layers", "2", "5");
        Refuses<LongContext.KvCache>(SavedBy(TailZoo.Head6), "HeadDim", "6", "8");
        Refuses<Head6.KvCache>(SavedBy(OptionZoo.Window33), "HeadDim", "6", "16");
        Refuses<Window1.KvCache>(SavedBy(OptionZoo.LinearRope), "F16", "F32");
        Refuses<LinearRope.KvCache>(SavedBy(OptionZoo.Window1), "F16", "F32");
    }

    private static byte[] SavedBy<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        model.Prefill(subject.Tokens.AsSpan(0, 3));
        return Subject<TModel, TCache>.Save(model.Cache);
    }

    private static void Refuses<TCache>(byte[] saved, params string[] named)
        where TCache : struct, IKvCache<TCache>
    {
        var refusal = Expect.Throws<ModelMismatchException>(
            () => TCache.Load(new MemoryStream(saved)).Dispose(), $"Loading another model's cache as {typeof(TCache)}");
        Expect.Names(refusal, named);
    }

    private static void NoThreadAllocates()
    {
        foreach (int threads in (int[])[1, 2, 3])
        {
            using Stories260K model = AttentionZoo.Stories260K.Load(threads);
            Blind reader = new();
            int[] rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
            model.Decode(0);
            model.DecodeRows(rows, reader);

            // The runtime itself may allocate now and then; the least of some tries is the engine's own.
            long least = long.MaxValue;
            for (int run = 0; run < 5 && least > 0; run++)
            {
                model.Truncate(0);
                long before = GC.GetTotalAllocatedBytes(precise: true);
                for (int i = 0; i < 100; i++)
                    model.Decode(i);
                for (int i = 0; i < 10; i++)
                    model.DecodeRows(rows, reader);
                least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            }

            Expect.Equal(least, 0L, $"bytes allocated by all threads for 100 tokens and 150 in rows on {threads} threads");
        }
    }

    private sealed class Blind : ILogitsReader
    {
        public void Read(int token, ReadOnlySpan<float> logits)
        {
        }
    }
}
