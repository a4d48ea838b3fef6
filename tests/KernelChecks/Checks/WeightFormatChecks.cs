using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.KernelChecks.Zoo;
using Llamalith.Reference;
using Llamalith.Training;

namespace Llamalith.KernelChecks.Checks;

/// <summary>Weights in other formats than 32-bit floats: each mix of formats that a class is to hold.</summary>
internal static class WeightFormatChecks
{
    /// <summary>Products of 16-bit floats are as exact as those of 32-bit ones.</summary>
    private const double FloatBound = 2e-5;

    /// <summary>
    /// Activations in 8 bits cost half a per cent of each product's output, several products deep, and this is the worst of all logits.
    /// </summary>
    private const double IntegerBound = 0.1;

    /// <summary>
    /// Where the reference rounds activations to the same 8 bits, what is left is the rounding of floats, unless an activation lies so
    /// near the middle of two codes that it falls to the other side.
    /// </summary>
    private const double SameCodesBound = 5e-5;

    // Whether a code falls to the other side is a matter of the prompt; a wrong weight is wrong in all of them.
    private const int MostPrompts = 12;

    private static readonly int[] s_decoded = [1, 2, 3];
    private static readonly int[] s_prefilled = [2, 3, 5, 9, 17, 23];

    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix[] mixes)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach (FormatMix mix in mixes)
        {
            yield return ($"{mix}: decode and prefill equal the reference", () => EqualsReference(subject, mix));
            yield return ($"{mix}: a reference that rounds activations alike is equal to many digits",
                () => EqualsRoundingReference(subject, mix));
            yield return ($"{mix}: sums of the largest codes do not overflow", () => LargestCodes(subject, mix));
            yield return ($"{mix}: any number of threads gives the same bits", () => ThreadCountsAgree(subject, mix));
        }

        yield return ("a tensor in a format that was not declared is refused", () => OtherFormatIsRefused(subject, mixes[0]));
        yield return ("gate and up in different formats are refused", () => UnequalPairIsRefused(subject, mixes));
    }

    private static void EqualsReference<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix mix)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        double bound = mix.HasIntegers ? IntegerBound : FloatBound;
        int[] tokens = subject.Tokens[..34];
        MemoryCheckpoint checkpoint = Weights(mix, seed: 11).Make(subject.Shape);
        double[][] expected = subject.Reference(checkpoint).Logits(tokens);
        using TModel model = Subject<TModel, TCache>.Load(checkpoint);
        float[][] decoded = subject.DecodeFrom(model, 0, tokens.Length);
        for (int t = 0; t < tokens.Length; t++)
            Expect.Close(decoded[t], expected[t], bound, $"{subject.Name}, {mix}: decode at position {t}");
        foreach (int length in (int[])[1, 2, 3, 5, 17, 33])
        {
            model.Truncate(0);
            float[] logits = model.Prefill(tokens.AsSpan(0, length)).ToArray();
            Expect.Close(logits, expected[length - 1], bound, $"{subject.Name}, {mix}: prefill of {length}");
            Expect.Close(logits, decoded[length - 1], bound, $"{subject.Name}, {mix}: prefill of {length} against decode");
            Expect.Close(
                model.Decode(tokens[length]), expected[length], bound, $"{subject.Name}, {mix}: decode after a prefill of {length}");
        }

        CollectedLogits all = new(tokens.Length, subject.Shape.VocabSize);
        model.Truncate(0);
        model.Prefill(tokens, all);
        for (int t = 0; t < tokens.Length; t++)
        {
            Expect.Close(all.Of(t), expected[t], bound, $"{subject.Name}, {mix}: the logits of token {t} of {tokens.Length}");
            Expect.Close(all.Of(t), decoded[t], bound, $"{subject.Name}, {mix}: the logits of token {t} of {tokens.Length} against decode");
        }
    }

    private static void EqualsRoundingReference<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix mix)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        MemoryCheckpoint checkpoint = Weights(mix, seed: 12).Make(subject.Shape);
        ReferenceModel reference = RoundingReference(subject, checkpoint);
        using TModel model = Subject<TModel, TCache>.Load(checkpoint);
        var random = new SeededRandom(13);
        Dictionary<string, double> least = [];
        for (int prompt = 0; prompt < MostPrompts && (prompt == 0 || least.Values.Any(error => !(error <= SameCodesBound))); prompt++)
        {
            int[] tokens = new int[s_prefilled[^1]];
            for (int i = 0; i < tokens.Length; i++)
                tokens[i] = random.Next(subject.Shape.VocabSize);
            double[][] expected = reference.Logits(tokens);
            model.Truncate(0);
            for (int t = 0; t < s_decoded[^1]; t++)
                Note($"decode at position {t}", expected[t], model.Decode(tokens[t]));
            foreach (int length in s_prefilled)
            {
                model.Truncate(0);
                Note($"prefill of {length}", expected[length - 1], model.Prefill(tokens.AsSpan(0, length)));
            }
        }

        foreach ((string what, double error) in least)
        {
            LargestError.Note(SameCodesBound, error, $"{subject.Name}, {mix}: {what}");
            Expect.True(error <= SameCodesBound, FormattableString.Invariant(
                $"{subject.Name}, {mix}: {what}: the least relative error of {MostPrompts} prompts is {error:E2}, above {SameCodesBound:E1}."));
        }

        void Note(string what, double[] expected, ReadOnlySpan<float> actual) =>
            least[what] = Math.Min(least.GetValueOrDefault(what, double.PositiveInfinity), Accuracy.RelativeError(expected, actual));
    }

    /// <summary>
    /// All activations that meet a matrix are the largest code, and nearly all weights of a row too: the largest sums there can be.
    /// </summary>
    private static void LargestCodes<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix mix)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        MemoryCheckpoint checkpoint = Extremes(subject.Shape, mix);
        ReferenceModel reference = RoundingReference(subject, checkpoint);
        int[] tokens = [0, 1, 3, 2, 5, 7, 9, 4, 0, 6, 8, 10, 11, 13, 12, 14, 15, 1, 2];
        double[][] expected = reference.Logits(tokens);
        using TModel model = Subject<TModel, TCache>.Load(checkpoint);
        for (int t = 0; t < tokens.Length; t++)
        {
            Expect.Close(
                model.Decode(tokens[t]), expected[t], SameCodesBound, $"{subject.Name}, {mix}: decode of extremes at position {t}");
        }

        foreach (int length in (int[])[2, 7, tokens.Length])
        {
            model.Truncate(0);
            Expect.Close(model.Prefill(tokens.AsSpan(0, length)), expected[length - 1], SameCodesBound,
                $"{subject.Name}, {mix}: prefill of {length} extremes");
        }
    }

    // Embeddings of one number each, and rows of one number but for one of 16 weights, which gives a block its other end.
    private static MemoryCheckpoint Extremes(ModelShape shape, FormatMix mix)
    {
        var checkpoint = new MemoryCheckpoint(shape);
        float[] ones = new float[shape.Dim];
        Array.Fill(ones, 1f);
        checkpoint.Set(TensorNames.FinalNorm, 1, shape.Dim, ones);
        float[] embedding = new float[shape.VocabSize * shape.Dim];
        for (int i = 0; i < embedding.Length; i++)
            embedding[i] = i / shape.Dim % 2 == 0 ? 1 : -1;
        checkpoint.Set(TensorNames.TokenEmbedding, shape.VocabSize, shape.Dim, embedding, mix.Of(TensorNames.TokenEmbedding));
        if (!shape.TiedEmbeddings)
            Add(TensorNames.Classifier, shape.VocabSize, shape.Dim, bothSigns: true);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            checkpoint.Set(TensorNames.OfLayer(layer, LayerNames.AttentionNorm), 1, shape.Dim, ones);
            checkpoint.Set(TensorNames.OfLayer(layer, LayerNames.FfnNorm), 1, shape.Dim, ones);
            Add(TensorNames.OfLayer(layer, LayerNames.Query), shape.QueryDim, shape.Dim, bothSigns: true);
            Add(TensorNames.OfLayer(layer, LayerNames.Key), shape.KvDim, shape.Dim, bothSigns: true);

            // One sign, so that what these make is again one number.
            Add(TensorNames.OfLayer(layer, LayerNames.Value), shape.KvDim, shape.Dim, bothSigns: false);
            Add(TensorNames.OfLayer(layer, LayerNames.AttentionOutput), shape.Dim, shape.QueryDim, bothSigns: false);
            Add(TensorNames.OfLayer(layer, LayerNames.Gate), shape.FfnDim, shape.Dim, bothSigns: false);
            Add(TensorNames.OfLayer(layer, LayerNames.Up), shape.FfnDim, shape.Dim, bothSigns: false);
            Add(TensorNames.OfLayer(layer, LayerNames.Down), shape.Dim, shape.FfnDim, bothSigns: false);
        }

        return checkpoint;

        void Add(string name, int rows, int columns, bool bothSigns)
        {
            float[] values = new float[rows * columns];
            for (int row = 0; row < rows; row++)
            {
                float usual = (bothSigns && row % 3 == 1 ? -1f : 1f) / columns;
                for (int column = 0; column < columns; column++)
                    values[(row * columns) + column] = column % 16 == 5 ? -usual : usual;
            }

            checkpoint.Set(name, rows, columns, values, mix.Of(name));
        }
    }

    private static void ThreadCountsAgree<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix mix)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        MemoryCheckpoint checkpoint = Weights(mix, seed: 14).Make(subject.Shape);
        float[][] expected = Conversation(1);
        foreach (int threads in (int[])[2, 3])
        {
            float[][] actual = Conversation(threads);
            for (int i = 0; i < expected.Length; i++)
                Expect.Identical(actual[i], expected[i], $"{subject.Name}, {mix}: step {i} on {threads} threads");
        }

        float[][] Conversation(int threads)
        {
            using TModel model = Subject<TModel, TCache>.Load(checkpoint.Share(), threads);
            return
            [
                model.Prefill(subject.Tokens.AsSpan(0, 19)).ToArray(),
                model.Decode(subject.Tokens[19]).ToArray(),
                model.Prefill(subject.Tokens.AsSpan(20, 3)).ToArray(),
                model.Decode(subject.Tokens[23]).ToArray(),
            ];
        }
    }

    private static void OtherFormatIsRefused<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix mix)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        ModelShape shape = subject.Shape;
        string name = TensorNames.OfLayer(shape.Layers - 1, LayerNames.Value);
        using MemoryCheckpoint checkpoint = Weights(mix, seed: 15).Make(shape);
        checkpoint.Set(name, shape.KvDim, shape.Dim, new float[shape.KvDim * shape.Dim], TensorType.F32);
        var refusal = Expect.Throws<ModelMismatchException>(
            () => Subject<TModel, TCache>.Load(checkpoint).Dispose(), $"{subject.Name}: {name} in F32");
        Expect.Names(refusal, name, nameof(TensorType.F32), "Weights", mix.Of(name).ToString(), subject.Name);
    }

    private static void UnequalPairIsRefused<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix[] mixes)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        string gate = TensorNames.OfLayer(0, LayerNames.Gate), up = TensorNames.OfLayer(0, LayerNames.Up);
        FormatMix unequal = mixes[0].With(LayerNames.Up, mixes[1].Of(up));
        using MemoryCheckpoint checkpoint = Weights(unequal, seed: 16).Make(subject.Shape);
        var refusal = Expect.Throws<ModelMismatchException>(
            () => Subject<TModel, TCache>.Load(checkpoint).Dispose(),
            $"{subject.Name}: gate in {unequal.Of(gate)}, up in {unequal.Of(up)}");
        Expect.Names(refusal, gate, up, unequal.Of(gate).ToString(), unequal.Of(up).ToString());
    }

    private static RandomWeights Weights(FormatMix mix, ulong seed) => new() { Seed = seed, TypeOf = mix.Of };

    private static ReferenceModel RoundingReference<TModel, TCache>(Subject<TModel, TCache> subject, Checkpoint checkpoint)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> =>
        new(checkpoint, subject.Shape, subject.KvFormat, eightBitActivations: true);
}
