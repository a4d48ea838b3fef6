using System;
using System.Collections.Generic;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.Reference;

namespace Llamalith.KernelChecks.Checks;

/// <summary>The KV cache: truncation, forks, and streams.</summary>
internal static class CacheChecks
{
    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        yield return ("the cache states its size", () => SizeIsStated(subject));
        yield return ("truncate and decode again gives the same bits", () => TruncateRepeats(subject));
        yield return ("a poisoned conversation does not outlive its truncation", () => PoisonIsForgotten(subject));
        yield return ("forks go their own ways", () => ForksDiverge(subject));
        yield return ("caches can be switched between conversations", () => CachesSwitch(subject));
        yield return ("save and load give the same bits", () => SaveLoadRepeats(subject));
        yield return ("caches follow each other in a slow stream", () => StreamsAreReadExactly(subject));
        yield return ("a conversation with other weights is refused", () => OtherWeightsAreRefused(subject));
        yield return ("a truncated cache is refused", () => TruncatedStreamIsRefused(subject));
        yield return ("a corrupted cache is refused or harmless", () => CorruptedStreamIsSafe(subject));
        yield return ("disposed and default caches are refused", () => DeadCachesAreRefused(subject));
    }

    private static void SizeIsStated<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        ModelShape shape = subject.Shape;
        long head = subject.KvFormat switch
        {
            KvFormat.F16 => 2 * shape.HeadDim,
            KvFormat.Int8 => shape.HeadDim + 4,
            _ => 4 * shape.HeadDim,
        };
        Expect.Equal(TCache.BytesPerToken, 2L * shape.Layers * shape.KvHeads * head, "BytesPerToken");
        using TModel model = subject.Load();
        Expect.Equal(model.Cache.Capacity, shape.Context, "Capacity");
        Expect.Equal(model.Cache.Count, 0, "Count before the first token");
        model.Decode(subject.Tokens[0]);
        Expect.Equal(model.Cache.Count, 1, "Count after a token");
        Expect.Equal(model.Position, 1, "Position after a token");
        model.Cache.Truncate(0);
        Expect.Equal(model.Position, 0, "Position after truncating the cache");
        using TCache created = model.CreateCache();
        Expect.Equal(created.Count, 0, "Count of a created cache");
        Expect.Equal(created.Capacity, shape.Context, "Capacity of a created cache");
    }

    private static void TruncateRepeats<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        int count = Math.Min(40, subject.Tokens.Length);
        using TModel model = subject.Load();
        float[][] first = subject.DecodeFrom(model, 0, count);
        for (int keep = count; keep >= 0; keep -= 1 + (count / 7))
        {
            model.Truncate(keep);
            Expect.Equal(model.Position, keep, "Position");
            float[][] again = subject.DecodeFrom(model, keep, count - keep);
            for (int i = 0; i < again.Length; i++)
                Expect.Identical(again[i], first[keep + i], $"{subject.Name}: position {keep + i} after truncating {count} to {keep}");
        }

        Expect.Throws<ArgumentOutOfRangeException>(() => model.Truncate(-1), "Truncate(-1)");
        Expect.Throws<ArgumentOutOfRangeException>(() => model.Truncate(count + 1), "Truncate beyond the end");
        Expect.Equal(model.Position, count, "Position after refused truncations");
    }

    // What lies behind the count, not a number or infinite, must never be multiplied, not even by zero.
    private static void PoisonIsForgotten<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        int count = Math.Min(40, subject.Tokens.Length);
        ModelShape shape = subject.Shape;
        int poison = (subject.Tokens[0] + 1) % shape.VocabSize;
        int[] clean = Array.ConvertAll(subject.Tokens[..count], token => token == poison ? subject.Tokens[0] : token);
        MemoryCheckpoint checkpoint = subject.Checkpoint();
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity])
        {
            float[] embedding = new SeededRandom(12).Normals(shape.VocabSize * shape.Dim, 1);
            embedding.AsSpan(poison * shape.Dim, shape.Dim).Fill(value);
            checkpoint.Set(TensorNames.TokenEmbedding, shape.VocabSize, shape.Dim, embedding);
            using TModel untouched = Subject<TModel, TCache>.Load(checkpoint.Share());
            using TModel model = Subject<TModel, TCache>.Load(checkpoint.Share());
            int[] poisoned = new int[shape.Context];
            poisoned.AsSpan().Fill(poison);
            model.Prefill(poisoned);
            model.Truncate(0);
            for (int t = 0; t < count; t++)
                Expect.Identical(model.Decode(clean[t]), untouched.Decode(clean[t]), $"{subject.Name}: position {t} after {value}");
            model.Truncate(0);
            untouched.Truncate(0);
            Expect.Identical(model.Prefill(clean), untouched.Prefill(clean), $"{subject.Name}: prefill of {count} after {value}");
            model.Truncate(0);
            if (!shape.TiedEmbeddings)
                Expect.Finite(model.Prefill(clean), $"{subject.Name}: prefill of {count} after {value}");
        }
    }

    private static void ForksDiverge<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        int common = Math.Max(1, Math.Min(21, subject.Tokens.Length / 2));
        int each = Math.Min(6, subject.Tokens.Length - common);
        int[] left = subject.Tokens.AsSpan(common, each).ToArray();
        int[] right = Array.ConvertAll(left, token => (token + 1) % subject.Shape.VocabSize);
        float[][] expectedLeft = Continue(subject, common, left);
        float[][] expectedRight = Continue(subject, common, right);

        using TModel model = subject.Load();
        model.Prefill(subject.Tokens.AsSpan(0, common));
        TCache original = model.Cache;
        TCache fork = original.Fork();
        Expect.Equal(fork.Count, common, "Count of the fork");
        Expect.Equal(fork.Capacity, original.Capacity, "Capacity of the fork");

        // A word here, a word there.
        for (int i = 0; i < each; i++)
        {
            model.Cache = original;
            Expect.Identical(model.Decode(left[i]), expectedLeft[i], $"{subject.Name}: token {i} of the original");
            model.Cache = fork;
            Expect.Equal(model.Position, common + i, "Position of the fork");
            Expect.Identical(model.Decode(right[i]), expectedRight[i], $"{subject.Name}: token {i} of the fork");
        }

        // The fork lives on without the original, and its own past can be undone.
        original.Dispose();
        fork.Truncate(common);
        for (int i = 0; i < each; i++)
            Expect.Identical(model.Decode(left[i]), expectedLeft[i], $"{subject.Name}: token {i} of the fork, undone");
        fork.Dispose();
    }

    private static float[][] Continue<TModel, TCache>(Subject<TModel, TCache> subject, int common, int[] tokens)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        model.Prefill(subject.Tokens.AsSpan(0, common));
        return Array.ConvertAll(tokens, token => model.Decode(token).ToArray());
    }

    private static void CachesSwitch<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        int count = Math.Min(9, subject.Tokens.Length);
        float[][] expected = subject.DecodeFrom(model, 0, count);
        TCache first = model.Cache;
        using TCache second = model.CreateCache();
        model.Cache = second;
        Expect.Equal(model.Position, 0, "Position in a new cache");
        float[][] actual = subject.DecodeFrom(model, 0, count);
        for (int i = 0; i < count; i++)
            Expect.Identical(actual[i], expected[i], $"{subject.Name}: position {i} in a second cache");
        model.Cache = first;
        Expect.Equal(model.Position, count, "Position back in the first cache");

        // An engine continues a conversation that another engine of its class began.
        using TModel other = subject.Load();
        other.Cache = second;
        Expect.Equal(other.Position, count, "Position in another engine");
        if (count < subject.Tokens.Length)
            Expect.Identical(other.Decode(subject.Tokens[count]), model.Decode(subject.Tokens[count]), $"{subject.Name}: another engine");
        other.Cache = other.CreateCache();
    }

    private static void SaveLoadRepeats<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach (int kept in subject.Lengths(0, 1, 3, 16, 33))
        {
            using TModel model = subject.Load();
            if (kept > 0)
                model.Prefill(subject.Tokens.AsSpan(0, kept));
            byte[] saved = Subject<TModel, TCache>.Save(model.Cache);
            Expect.True(saved.Length - (kept * (TCache.BytesPerToken + sizeof(int))) is > 16 and < 1024,
                $"{subject.Name}: {kept} tokens of {TCache.BytesPerToken} bytes and their numbers are saved in {saved.Length}.");
            int more = Math.Min(4, subject.Tokens.Length - kept);
            float[][] expected = subject.DecodeFrom(model, kept, more);

            using TModel other = subject.Load();
            TCache loaded = TCache.Load(new MemoryStream(saved));
            Expect.Equal(loaded.Count, kept, "Count of a loaded cache");
            Expect.Equal(loaded.Capacity, subject.Shape.Context, "Capacity of a loaded cache");
            other.Cache = loaded;
            float[][] actual = subject.DecodeFrom(other, kept, more);
            for (int i = 0; i < more; i++)
                Expect.Identical(actual[i], expected[i], $"{subject.Name}: position {kept + i} after loading {kept} tokens");

            // What is saved of the same tokens is the same, whatever lay in the cache before.
            other.Truncate(kept);
            Expect.True(Subject<TModel, TCache>.Save(other.Cache).AsSpan().SequenceEqual(saved),
                $"{subject.Name}: a cache of {kept} tokens is saved differently");
        }
    }

    private static void StreamsAreReadExactly<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        using var stream = new MemoryStream();
        model.Decode(subject.Tokens[0]);
        model.Cache.Save(stream);
        model.Decode(subject.Tokens[1]);
        model.Cache.Save(stream);
        stream.WriteByte(42);
        stream.Position = 0;
        using var slow = new TricklingStream(stream);
        using TCache first = TCache.Load(slow);
        using TCache second = TCache.Load(slow);
        Expect.Equal(first.Count, 1, "Count of the first cache");
        Expect.Equal(second.Count, 2, "Count of the second cache");
        Expect.Equal(slow.ReadByte(), 42, "the byte after the caches");
    }

    private static void OtherWeightsAreRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        model.Decode(subject.Tokens[0]);
        byte[] saved = Subject<TModel, TCache>.Save(model.Cache);
        using TModel same = subject.Load();
        using TModel other = Subject<TModel, TCache>.Load(new RandomWeights { Layout = subject.Layout, Seed = 2 }.Make(subject.Shape));
        TCache own = other.Cache;
        using TCache loaded = TCache.Load(new MemoryStream(saved));
        Expect.Throws<ModelMismatchException>(() => other.Cache = loaded, $"{subject.Name}: a saved cache of other weights");
        Expect.Throws<ModelMismatchException>(() => other.Cache = model.Cache, $"{subject.Name}: a conversation of other weights");
        using (TCache fork = model.Cache.Fork())
            Expect.Throws<ModelMismatchException>(() => other.Cache = fork, $"{subject.Name}: a fork of other weights");
        Expect.Equal(other.Cache.Count, 0, "Count of the conversation that was kept");
        TCache before = same.Cache;
        same.Cache = loaded;
        same.Cache = before;

        // An empty conversation is anybody's; once one model has filled it, it is not the other's.
        loaded.Truncate(0);
        other.Cache = loaded;
        same.Cache = loaded;
        same.Decode(subject.Tokens[0]);
        Expect.Throws<ModelMismatchException>(
            () => other.Decode(subject.Tokens[0]), $"{subject.Name}: a conversation that another model has filled");
        Expect.Equal(loaded.Count, 1, "Count of a conversation after a refusal");
        same.Cache = before;
        other.Cache = own;
    }

    private static void TruncatedStreamIsRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        model.Prefill(subject.Tokens.AsSpan(0, Math.Min(5, subject.Tokens.Length)));
        byte[] saved = Subject<TModel, TCache>.Save(model.Cache);
        for (int length = 0; length < saved.Length; length += length < 300 ? 1 : 1 + (saved.Length / 50))
        {
            int kept = length;
            Expect.Throws<ModelFormatException>(
                () => TCache.Load(new MemoryStream(saved, 0, kept)).Dispose(), $"{subject.Name}: {kept} of {saved.Length} bytes");
        }

        Expect.Throws<ModelFormatException>(
            () => TCache.Load(new MemoryStream(saved, 0, saved.Length - 1)).Dispose(), $"{subject.Name}: all bytes but one");
    }

    private static void CorruptedStreamIsSafe<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        TCache own = model.Cache;
        model.Decode(subject.Tokens[0]);
        byte[] saved = Subject<TModel, TCache>.Save(own);
        Expect.True(!Loads(0, 0xFF), $"{subject.Name}: a cache is accepted whose first byte is wrong.");
        int payload = checked((int)TCache.BytesPerToken);
        int refused = 0;
        for (int at = 0; at < saved.Length - payload; at++)
        {
            foreach (byte mask in (byte[])[0x01, 0x80, 0xFF])
            {
                if (!Loads(at, mask))
                    refused++;
            }
        }

        Expect.True(refused > 0, $"{subject.Name}: no corruption of the header is noticed.");

        // Random corruption of several bytes, lengths and counts among them.
        var random = new SeededRandom(11);
        for (int run = 0; run < 200; run++)
        {
            byte[] corrupted = (byte[])saved.Clone();
            for (int i = 0; i < 3; i++)
                corrupted[random.Next(Math.Max(1, saved.Length - payload))] = (byte)random.Next(256);
            Survives(corrupted);
        }

        bool Loads(int at, byte mask)
        {
            byte[] corrupted = (byte[])saved.Clone();
            corrupted[at] ^= mask;
            return Survives(corrupted);
        }

        // Whether it loads; if so, it can be used without harm.
        bool Survives(byte[] bytes)
        {
            TCache cache;
            try
            {
                cache = TCache.Load(new MemoryStream(bytes));
            }
            catch (Exception refusal) when (refusal is ModelFormatException or ModelMismatchException)
            {
                return false;
            }

            Expect.True(cache.Count >= 0 && cache.Count <= cache.Capacity,
                $"{subject.Name}: a corrupted cache holds {cache.Count} of {cache.Capacity}.");
            try
            {
                model.Cache = cache;
            }
            catch (ModelMismatchException)
            {
                cache.Dispose();
                return false;
            }

            if (cache.Count < cache.Capacity)
                model.Decode(0);
            model.Cache = own;
            cache.Dispose();
            return true;
        }
    }

    private static void DeadCachesAreRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        TCache own = model.Cache;
        TCache disposed = model.CreateCache();
        disposed.Dispose();
        disposed.Dispose();
        foreach (TCache dead in (TCache[])[default, disposed])
        {
            TCache cache = dead;
            RefusesUse(() => cache.Save(Stream.Null), "Save");
            RefusesUse(() => cache.Fork().Dispose(), "Fork");
            RefusesUse(
                () =>
                {
                    model.Cache = cache;
                    model.Decode(0);
                },
                "Decode");
            RefusesUse(
                () =>
                {
                    model.Cache = cache;
                    model.Prefill([0]);
                },
                "Prefill");
            model.Cache = own;
        }

        Expect.Equal(model.Position, 0, "Position in the engine's own cache");
        model.Decode(subject.Tokens[0]);
    }

    private static void RefusesUse(Action action, string what)
    {
        try
        {
            action();
        }
        catch (Exception refusal) when (refusal is ObjectDisposedException or InvalidOperationException or ArgumentException)
        {
            return;
        }

        throw new CheckFailedException($"{what} with a disposed or default cache is not refused.");
    }
}
