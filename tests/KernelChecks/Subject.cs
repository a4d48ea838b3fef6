using System;
using System.Collections.Generic;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Engines;
using Llamalith.Engines.Kernels;
using Llamalith.Reference;

namespace Llamalith.KernelChecks;

/// <summary>A compiled class under check: a random model of its shape, random tokens, and what the reference makes of them.</summary>
/// <remarks>
/// The error bounds are the largest difference of a logit over the logits' root mean square. An F32 cache leaves the rounding of
/// some hundred thousand float products. The reference rounds to F16 where the cache does, but from other digits: now and
/// then a key or value falls to the other side, one unit in the eleventh bit away; in Int8, a 127th of the head's largest number.
/// </remarks>
internal sealed class Subject<TModel, TCache>
    where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
    where TCache : struct, IKvCache<TCache>
{
    private readonly Lazy<MemoryCheckpoint> _checkpoint;
    private readonly Lazy<double[][]> _expected;

    public Subject(ModelShape shape, KvFormat kvFormat)
    {
        Shape = shape;
        KvFormat = kvFormat;
        var random = new SeededRandom(2);
        Tokens = new int[shape.Context];
        for (int i = 0; i < Tokens.Length; i++)
            Tokens[i] = random.Next(shape.VocabSize);
        _checkpoint = new Lazy<MemoryCheckpoint>(() => new RandomWeights { Layout = Layout }.Make(shape));
        _expected = new Lazy<double[][]>(() => Reference(_checkpoint.Value).Logits(Tokens));
    }

    public string Name { get; } = typeof(TModel).Name;

    /// <summary>The class and its cache, as the names of checks begin.</summary>
    public string Title => $"{Name}, {KvFormat} cache";

    public ModelShape Shape { get; }

    public KvFormat KvFormat { get; }

    /// <summary>The instruction sets that the class was compiled for.</summary>
    public Isa Isa { get; init; } = Vectors.All;

    /// <summary>The layout that the class was compiled for, and that of the usual checkpoint.</summary>
    public RopeLayout Layout { get; init; } = RopeLayout.Interleaved;

    public double Bound => BoundOf(KvFormat);

    /// <summary>Random tokens that fill the context.</summary>
    public int[] Tokens { get; }

    /// <summary>The reference's logits after each of <see cref="Tokens"/>.</summary>
    public double[][] Expected => _expected.Value;

    /// <summary>Whether this process offers one of the class's instruction sets.</summary>
    public bool IsSupported => InstructionSets.Best(Isa) is not null;

    public static double BoundOf(KvFormat format) => format switch
    {
        KvFormat.F32 => 2e-5,
        KvFormat.F16 => 2e-3,
        _ => 1e-2,
    };

    /// <summary>An engine with the usual weights.</summary>
    public TModel Load(int threads = 1) => Load(_checkpoint.Value.Share(), threads);

    /// <summary>An engine with other weights.</summary>
    public static TModel Load(Checkpoint checkpoint, int threads = 1, KernelChoices? kernels = null) =>
        TModel.Load(checkpoint, new LoadOptions { Threads = threads, Kernels = kernels });

    /// <summary>The usual weights.</summary>
    public MemoryCheckpoint Checkpoint() => _checkpoint.Value.Share();

    public ReferenceModel Reference(Checkpoint checkpoint) => new(checkpoint, Shape, KvFormat);

    /// <summary>Those of <paramref name="lengths"/> that fit the context, and the context itself.</summary>
    public IEnumerable<int> Lengths(params int[] lengths)
    {
        foreach (int length in lengths)
        {
            if (length < Shape.Context)
                yield return length;
        }

        yield return Shape.Context;
    }

    /// <summary>The logits after each of <paramref name="count"/> tokens decoded from <paramref name="start"/> on.</summary>
    public float[][] DecodeFrom(TModel model, int start, int count)
    {
        float[][] logits = new float[count][];
        for (int i = 0; i < count; i++)
            logits[i] = model.Decode(Tokens[start + i]).ToArray();
        return logits;
    }

    public static byte[] Save(TCache cache)
    {
        using var stream = new MemoryStream();
        cache.Save(stream);
        return stream.ToArray();
    }
}
