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

/// <summary>Several tokens at once in decode's order: each has the bits that it has alone, whoever shares the pass.</summary>
internal static class RowsChecks
{
    private const string Same = "any number of rows at once gives the bits of decoding them one by one";

    // Every number of rows that a pass takes, and what is cut into several passes; 62 tokens in all.
    private static readonly int[] s_pieces = [2, 3, 8, 1, 4, 7, 9, 5, 6, 17];

    // Every tile and every tail, for the many mixes of formats.
    private static readonly int[] s_fewPieces = [8, 7, 2, 3];

    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        yield return (Same, () => Identical(subject, threads => subject.Load(threads), subject.Name, s_pieces, [1, 2, 3]));
        yield return ("only the rows that are wanted are shown, and what ends a reading changes nothing", () => Wanted(subject));
    }

    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix[] mixes)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach (FormatMix mix in mixes)
        {
            RandomWeights weights = new() { Seed = 17, TypeOf = mix.Of };
            yield return ($"{mix}: {Same}", () => Identical(
                subject, threads => Subject<TModel, TCache>.Load(weights.Make(subject.Shape), threads), $"{subject.Name}, {mix}",
                s_fewPieces, [2]));
        }
    }

    private static void Identical<TModel, TCache>(
        Subject<TModel, TCache> subject, Func<int, TModel> load, string name, int[] pieces, int[] threadCounts)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        // From the beginning, and across a block of the cache.
        foreach (int start in (int[])[0, 229])
        {
            int count = Math.Min(pieces.Sum(), subject.Tokens.Length - start);
            if (count < 2)
                continue;
            float[][] alone = new float[count][];
            byte[] cache;
            using (TModel model = load(1))
            {
                Begin(model, subject, start);
                for (int t = 0; t < count; t++)
                    alone[t] = model.Decode(subject.Tokens[start + t]).ToArray();
                cache = Saved(model.Cache);
            }

            foreach (int threads in threadCounts)
            {
                using TModel model = load(threads);
                Begin(model, subject, start);
                for (int done = 0, piece = 0; done < count; done += pieces[piece++])
                {
                    int length = Math.Min(pieces[piece], count - done);
                    CollectedLogits rows = new(length, subject.Shape.VocabSize);
                    model.DecodeRows(subject.Tokens.AsSpan(start + done, length), rows);
                    for (int t = 0; t < length; t++)
                        Expect.Identical(rows.Of(t), alone[done + t], $"{name}: row {t} of {length} at {start + done}, {threads} threads");
                }

                Expect.Equal(model.Position, start + count, "Position");
                Expect.True(Saved(model.Cache).AsSpan().SequenceEqual(cache),
                    $"{name}: the caches of rows and of single tokens differ, {threads} threads.");
            }
        }
    }

    private static void Wanted<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        int count = Math.Min(12, subject.Tokens.Length - 1);
        using TModel model = subject.Load(threads: 2);
        float[] last = [];
        for (int t = 0; t <= count; t++)
            last = model.Decode(subject.Tokens[t]).ToArray();
        model.Truncate(0);
        Third reader = new(count);
        model.DecodeRows(subject.Tokens.AsSpan(0, count), reader);
        for (int t = 0; t < count; t++)
            Expect.Equal(reader.Seen[t], reader.Wants(t) ? 1 : 0, $"{subject.Name}: readings of row {t}");
        Expect.Throws<NotSupportedException>(
            () => model.DecodeRows(subject.Tokens.AsSpan(0, 1), new Failing()), $"{subject.Name}: a reader that fails");
        Expect.Throws<ArgumentNullException>(() => model.DecodeRows(subject.Tokens.AsSpan(0, 1), null!), $"{subject.Name}: no reader");
        Expect.Throws<ArgumentException>(() => model.DecodeRows([], reader), $"{subject.Name}: no token");
        Expect.Throws<ArgumentOutOfRangeException>(
            () => model.DecodeRows([0, subject.Shape.VocabSize], reader), $"{subject.Name}: a bad token");
        Expect.Throws<ContextFullException>(() => model.DecodeRows(subject.Tokens, reader), $"{subject.Name}: too many tokens");
        Expect.Equal(model.Position, count, "Position after what failed");
        Expect.Identical(model.Decode(subject.Tokens[count]), last, $"{subject.Name}: after what failed");
    }

    private static void Begin<TModel, TCache>(TModel model, Subject<TModel, TCache> subject, int start)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        if (start > 0)
            model.Prefill(subject.Tokens.AsSpan(0, start));
    }

    private static byte[] Saved<TCache>(TCache cache)
        where TCache : struct, IKvCache<TCache>
    {
        using var stream = new MemoryStream();
        cache.Save(stream);
        return stream.ToArray();
    }

    private sealed class Third(int count) : ILogitsReader
    {
        public int[] Seen { get; } = new int[count];

        public bool Wants(int token) => token % 3 == 2;

        public void Read(int token, ReadOnlySpan<float> logits) => Seen[token]++;
    }

    private sealed class Failing : ILogitsReader
    {
        public void Read(int token, ReadOnlySpan<float> logits) => throw new NotSupportedException();
    }
}
