using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.KernelChecks.Zoo;
using Llamalith.Reference;
using Llamalith.Training;

namespace Llamalith.KernelChecks.Checks;

/// <summary>One order of sums: logits, and keys and values in the cache, are the same bits on every instruction set.</summary>
internal static class BitsChecks
{
    /// <summary>What the names of these checks end with.</summary>
    public const string Same = " gives the bits of every instruction set";

    // Through every tile and tail, across a block of the cache, and carried on from a cache that is there.
    private static readonly int[] s_pieces = [1, 3, 70, 190, 5, 31];

    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        yield return ("decode" + Same, () => Decode(subject, subject.Checkpoint(), subject.Name, subject.Tokens));
        yield return ("prefill" + Same, () => Prefill(subject, subject.Checkpoint(), subject.Name, subject.Tokens));
        yield return ("prefill in pieces gives the bits of prefill at once", () => Pieces(subject));
    }

    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix[] mixes)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach (FormatMix mix in mixes)
        {
            string name = $"{subject.Name}, {mix}";
            yield return ($"{mix}: decode{Same}", () => Decode(subject, Weights(subject, mix), name, subject.Tokens[..34]));
            yield return ($"{mix}: prefill{Same}", () => Prefill(subject, Weights(subject, mix), name, subject.Tokens[..34]));

            // Each mix has every format of its class, in another place.
            if (mix == mixes[0])
                yield return ($"{mix}: every kernel that may be chosen gives these bits", () => EveryKernel(subject, mix, name));
        }
    }

    private static MemoryCheckpoint Weights<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix mix)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> => new RandomWeights { Seed = 17, TypeOf = mix.Of }.Make(subject.Shape);

    // What is measured is what may be chosen: each in turn, of all products at once.
    private static void EveryKernel<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix mix, string name)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        Candidates measured = new();
        TModel.Load(Weights(subject, mix), new LoadOptions { Threads = 2, Tune = Tuning.Always, KernelFolder = "", Measured = measured })
            .Dispose();
        List<ProductKernel>[] products =
            [.. measured.All.GroupBy(kernel => (kernel.Product, kernel.Format)).Select(product => product.ToList())];
        Expect.True(products.Length > 0 || !mix.HasIntegers, $"{name}: nothing was measured.");
        for (int turn = 0; turn < products.Select(product => product.Count).DefaultIfEmpty(0).Max(); turn++)
        {
            KernelChoices kernels = new(products.Select(product => product[turn % product.Count]));
            string chosen = $" (with {string.Join(", ", kernels.Kernels)})";
            Decode(subject, Weights(subject, mix), name, subject.Tokens[..34], kernels, chosen);
            Prefill(subject, Weights(subject, mix), name, subject.Tokens[..34], kernels, chosen);
        }
    }

    private static void Decode<TModel, TCache>(
        Subject<TModel, TCache> subject, MemoryCheckpoint checkpoint, string name, int[] tokens, KernelChoices? kernels = null,
        string chosen = "")
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = Subject<TModel, TCache>.Load(checkpoint, kernels: kernels);
        Digests digests = new();
        foreach (int token in tokens)
            digests.Add(model.Decode(token));
        digests.Expect(name + ": logits of decode", chosen);
        AddCache(digests, model.Cache, name + ": cache of decode", chosen);
    }

    private static void Prefill<TModel, TCache>(
        Subject<TModel, TCache> subject, MemoryCheckpoint checkpoint, string name, int[] tokens, KernelChoices? kernels = null,
        string chosen = "")
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = Subject<TModel, TCache>.Load(checkpoint, threads: 2, kernels);
        Digests digests = new();
        int start = 0;
        for (int piece = 0; start < tokens.Length; piece++)
        {
            int length = Math.Min(s_pieces[piece % s_pieces.Length], tokens.Length - start);
            CollectedLogits logits = new(length, subject.Shape.VocabSize);
            model.Prefill(tokens.AsSpan(start, length), logits);
            digests.Add(logits.Values);
            start += length;
        }

        digests.Expect(name + ": logits of prefill", chosen);
        AddCache(digests, model.Cache, name + ": cache of prefill", chosen);
    }

    // A piece of one token is decoded, and so sums in another order.
    private static void Pieces<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        int count = Math.Min(subject.Tokens.Length, 400);
        using TModel model = subject.Load();
        CollectedLogits whole = new(count, subject.Shape.VocabSize);
        model.Prefill(subject.Tokens.AsSpan(0, count), whole);
        byte[] cache = Values(model.Cache);
        model.Truncate(0);
        int start = 0;
        for (int piece = 2; start < count; piece = (piece * 3) + 1)
        {
            int length = start + piece + 1 >= count ? count - start : piece;
            CollectedLogits part = new(length, subject.Shape.VocabSize);
            model.Prefill(subject.Tokens.AsSpan(start, length), part);
            for (int t = 0; t < length; t++)
                Expect.Identical(part.Of(t), whole.Of(start + t), $"{subject.Name}: token {start + t}, in a piece of {length}");
            start += length;
        }

        bool same = Values(model.Cache).AsSpan().SequenceEqual(cache);
        Expect.True(same, $"{subject.Name}: the caches of prefill in pieces and at once differ.");
    }

    // Keys and values: what a saved cache holds behind its header.
    private static byte[] Values<TCache>(TCache cache)
        where TCache : struct, IKvCache<TCache>
    {
        using var stream = new MemoryStream();
        cache.Save(stream);
        return stream.ToArray()[(int)(stream.Length - (TCache.BytesPerToken * cache.Count))..];
    }

    private static void AddCache<TCache>(Digests digests, TCache cache, string name, string chosen)
        where TCache : struct, IKvCache<TCache>
    {
        digests.Add(Values(cache));
        digests.Expect(name, chosen);
    }

    private sealed class Candidates : IProgress<KernelMeasurement>
    {
        public List<ProductKernel> All { get; } = [];

        public void Report(KernelMeasurement value) => All.Add(value.Kernel);
    }
}
