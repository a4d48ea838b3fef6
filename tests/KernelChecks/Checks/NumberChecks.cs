using System;
using System.Collections.Generic;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.Reference;

namespace Llamalith.KernelChecks.Checks;

/// <summary>The numbers: whatever way the tokens come in, the logits are the reference's.</summary>
internal static class NumberChecks
{
    private static readonly int[] s_lengths = [1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 17, 31, 33, 64, 100, 129];

    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        yield return ("decode equals the reference", () => DecodeEqualsReference(subject));
        yield return ("prefill equals the reference, and decode goes on from it", () => PrefillEqualsReference(subject));
        yield return ("cached decoding equals recomputation", () => DecodeEqualsRecomputation(subject));
        yield return ("prefill in pieces equals prefill at once", () => PiecesEqualWhole(subject));
        yield return ("the file's rope layout makes no difference", () => OtherLayoutEqualsReference(subject));
        yield return ("F16, BF16 and unaligned weights", () => StoredTypesEqualReference(subject));
        yield return ("large scores and gates", () => LargeActivations(subject));
        if (subject.KvFormat == KvFormat.Int8)
            yield return ("8-bit keys and values are as good as floats", () => EightBitsAreNearFloats(subject));
        yield return ("NaN and infinite weights end in logits, not in a hang", () => NotANumberPasses(subject));
    }

    private static void DecodeEqualsReference<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        for (int t = 0; t < subject.Tokens.Length; t++)
        {
            Expect.Equal(model.Position, t, "Position");
            Expect.Close(model.Decode(subject.Tokens[t]), subject.Expected[t], subject.Bound, $"{subject.Name}: decode at position {t}");
        }
    }

    private static void PrefillEqualsReference<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        foreach (int length in subject.Lengths(s_lengths))
        {
            model.Truncate(0);
            Expect.Close(
                model.Prefill(subject.Tokens.AsSpan(0, length)), subject.Expected[length - 1], subject.Bound,
                $"{subject.Name}: prefill of {length}");
            Expect.Equal(model.Position, length, "Position");
            for (int t = length; t < Math.Min(length + 3, subject.Tokens.Length); t++)
            {
                Expect.Close(
                    model.Decode(subject.Tokens[t]),
                    subject.Expected[t],
                    subject.Bound,
                    $"{subject.Name}: decode at position {t} after a prefill of {length}");
            }
        }
    }

    private static void DecodeEqualsRecomputation<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        int count = Math.Min(24, subject.Tokens.Length);
        using TModel cached = subject.Load();
        using TModel recomputed = subject.Load();
        for (int t = 0; t < count; t++)
        {
            recomputed.Truncate(0);
            ReadOnlySpan<float> again = recomputed.Prefill(subject.Tokens.AsSpan(0, t + 1));
            Expect.Close(cached.Decode(subject.Tokens[t]), again, subject.Bound, $"{subject.Name}: cached at position {t}");
        }
    }

    private static void PiecesEqualWhole<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        int length = Math.Min(40, subject.Tokens.Length);
        for (int split = 1; split < length; split++)
        {
            model.Truncate(0);
            Expect.Close(
                model.Prefill(subject.Tokens.AsSpan(0, split)),
                subject.Expected[split - 1],
                subject.Bound,
                $"{subject.Name}: first {split} of {length}");
            Expect.Close(
                model.Prefill(subject.Tokens.AsSpan(split, length - split)),
                subject.Expected[length - 1],
                subject.Bound,
                $"{subject.Name}: {length} tokens, split at {split}");
        }

        // The whole context in pieces of random lengths.
        var random = new SeededRandom(3);
        for (int run = 0; run < 3; run++)
        {
            model.Truncate(0);
            for (int start = 0; start < subject.Tokens.Length;)
            {
                int piece = Math.Min(1 + random.Next(70), subject.Tokens.Length - start);
                Expect.Close(
                    model.Prefill(subject.Tokens.AsSpan(start, piece)),
                    subject.Expected[start + piece - 1],
                    subject.Bound,
                    $"{subject.Name}: a piece of {piece} at {start}");
                start += piece;
            }
        }
    }

    private static void OtherLayoutEqualsReference<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        RopeLayout other = subject.Layout == RopeLayout.Interleaved ? RopeLayout.HalfSplit : RopeLayout.Interleaved;
        EqualsReference(subject, new RandomWeights { Layout = other, Seed = 5 }, subject.Bound, $"weights laid out {other}");
    }

    private static void StoredTypesEqualReference<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        var usual = new RandomWeights { Layout = subject.Layout, Seed = 6 };
        EqualsReference(subject, usual with { Type = TensorType.F16 }, subject.Bound, "F16 matrices");
        EqualsReference(subject, usual with { Type = TensorType.BF16 }, subject.Bound, "BF16 matrices");
        EqualsReference(
            subject, usual with { Type = TensorType.BF16, VectorType = TensorType.F16, Misalignment = 1 }, subject.Bound,
            "BF16 and F16 at odd addresses");
        EqualsReference(subject, usual with { Misalignment = 4 }, subject.Bound, "F32 at 4 bytes past a line");
        EqualsReference(subject, usual with { Misalignment = 3 }, subject.Bound, "F32 at odd addresses");
    }

    // Scores in the hundreds: the softmax must not overflow. A score's own rounding grows with it, so the bounds are wider.
    private static void LargeActivations<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        double bound = subject.KvFormat == KvFormat.F32 ? 2e-3 : 5e-2;

        // A key's last bit of eight moves such a score by more than one: only that the softmax holds can be checked.
        if (subject.KvFormat == KvFormat.Int8)
            StaysFinite(subject, new RandomWeights { Layout = subject.Layout, Seed = 7, QueryScale = 80 });
        else
            EqualsReference(subject, new RandomWeights { Layout = subject.Layout, Seed = 7, QueryScale = 80 }, bound, "large scores");
        EqualsReference(subject, new RandomWeights { Layout = subject.Layout, Seed = 8, GateScale = 80 }, bound, "large gates");
    }

    // The reference keeps keys and values as they are; what is seen is what 8 bits cost.
    private static void EightBitsAreNearFloats<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        const double Bound = 5e-2;
        double[][] plain = new ReferenceModel(subject.Checkpoint(), subject.Shape).Logits(subject.Tokens);
        using TModel model = subject.Load();
        for (int t = 0; t < subject.Tokens.Length; t++)
            Expect.Close(model.Decode(subject.Tokens[t]), plain[t], Bound, $"{subject.Name}: decode at position {t} beside floats");
        model.Truncate(0);
        Expect.Close(model.Prefill(subject.Tokens), plain[^1], Bound, $"{subject.Name}: prefill beside floats");
    }

    private static void NotANumberPasses<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue])
        {
            MemoryCheckpoint checkpoint = subject.Checkpoint();
            ModelShape shape = subject.Shape;
            float[] key = new SeededRandom(9).Normals(shape.KvDim * shape.Dim, 1);
            key[^1] = value;
            checkpoint.Set(TensorNames.OfLayer(0, LayerNames.Key), shape.KvDim, shape.Dim, key);
            float[] gate = new SeededRandom(9).Normals(shape.FfnDim * shape.Dim, 1);
            gate[0] = value;
            checkpoint.Set(TensorNames.OfLayer(0, LayerNames.Gate), shape.FfnDim, shape.Dim, gate);
            using TModel model = Subject<TModel, TCache>.Load(checkpoint, threads: 2);
            int prompt = subject.Tokens.Length / 2;
            Expect.Equal(model.Prefill(subject.Tokens.AsSpan(0, prompt)).Length, shape.VocabSize, "number of logits");
            Expect.Equal(model.Decode(subject.Tokens[prompt]).Length, shape.VocabSize, "number of logits");
            Expect.Equal(model.Position, prompt + 1, "Position");
        }
    }

    private static void StaysFinite<TModel, TCache>(Subject<TModel, TCache> subject, RandomWeights weights)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = Subject<TModel, TCache>.Load(weights.Make(subject.Shape));
        int half = subject.Tokens.Length / 2;
        Expect.Finite(model.Prefill(subject.Tokens.AsSpan(0, half)), $"{subject.Name}: prefill of {half} with large scores");
        Expect.Finite(model.Decode(subject.Tokens[half]), $"{subject.Name}: decode after {half} with large scores");
    }

    private static void EqualsReference<TModel, TCache>(Subject<TModel, TCache> subject, RandomWeights weights, double bound, string what)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        MemoryCheckpoint checkpoint = weights.Make(subject.Shape);
        int count = Math.Min(20, subject.Tokens.Length);
        double[][] expected = subject.Reference(checkpoint).Logits(subject.Tokens.AsSpan(0, count));
        using TModel model = Subject<TModel, TCache>.Load(checkpoint);
        for (int t = 0; t < count; t++)
            Expect.Close(model.Decode(subject.Tokens[t]), expected[t], bound, $"{subject.Name}, {what}: decode at position {t}");
        model.Truncate(0);
        Expect.Close(
            model.Prefill(subject.Tokens.AsSpan(0, count)), expected[count - 1], bound, $"{subject.Name}, {what}: prefill of {count}");
    }
}
