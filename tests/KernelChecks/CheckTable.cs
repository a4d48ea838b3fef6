using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.KernelChecks.Checks;
using Llamalith.KernelChecks.Zoo;

namespace Llamalith.KernelChecks;

/// <summary>Every check, by name: run by the executable under any instruction set, and by a theory under a test framework.</summary>
public static class CheckTable
{
    // Small enough to be computed hundreds of times slower. Between them they meet every cache format, full and broken vectors, decode
    // and prefill.
    private static readonly Engine[] s_small =
    [
        Of(AttentionZoo.Mha),
        Of(AttentionZoo.Gqa7),
        Of(TailZoo.Head6),
        Of(TailZoo.Smallest),
        Of(TailZoo.OddWidths),
        Of(CacheZoo.Int8Odd),
        Of(OptionZoo.OnlyScalar),
        Of(OptionZoo.OnlyAvx2),
        Of(OptionZoo.OnlyAvx512),
        Of(OptionZoo.OnlyNeon),
    ];

    private static readonly Engine[] s_large =
    [
        Of(AttentionZoo.Stories260K),
        Of(AttentionZoo.Textbook),
        Of(AttentionZoo.Gqa3),
        Of(AttentionZoo.Gqa4),
        Of(AttentionZoo.Gqa8),
        Of(AttentionZoo.Gqa8Head128),
        Of(AttentionZoo.Mqa),
        Of(AttentionZoo.Mqa16),
        Of(AttentionZoo.Head48),
        Of(AttentionZoo.Head80),
        Of(TailZoo.Head20),
        Of(TailZoo.WideHeads),
        Of(TailZoo.NarrowHeads),
        Of(TailZoo.LongContext),
        Of(CacheZoo.Int8Mha),
        Of(CacheZoo.Int8Gqa8),
        Of(CacheZoo.Int8Window),
        Of(OptionZoo.Window33),
        Of(OptionZoo.Window128),
        Of(OptionZoo.Window1),
        Of(OptionZoo.Llama3Rope),
        Of(OptionZoo.Llama3RopeDefaults),
        Of(OptionZoo.LinearRope),
        Of(OptionZoo.LargeEpsilon),
    ];

    // They hold no F32: the checks that are made of F32 weights are others' affair.
    private static readonly Engine[] s_weights =
    [
        Of(WeightZoo.Blocks32, WeightZoo.Mixes32),
        Of(WeightZoo.Blocks256, WeightZoo.Mixes256),
        Of(WeightZoo.ShortFloats, WeightZoo.FloatMixes),
    ];

    /// <summary>Every class that is checked.</summary>
    internal static IReadOnlyList<Engine> Engines { get; } = [.. s_small, .. s_large, .. s_weights];

    /// <summary>Checks for machines that are emulated: the numbers of small classes, and of every weight format.</summary>
    public static IReadOnlyList<Check> Small { get; } =
    [
        .. s_small.SelectMany(engine => engine.Numbers),
        .. TrainerChecks.All(),
        .. s_weights.SelectMany(engine => engine.Numbers),
    ];

    /// <summary>All checks, in a stable order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        .. SingleChecks.All(),
        .. Small,
        .. s_small.SelectMany(engine => engine.Life),
        .. s_large.SelectMany(engine => engine.Numbers.Concat(engine.Life)),
    ];

    /// <summary>A class, what it was compiled for, and its checks.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Shape">The sizes it was compiled for.</param>
    /// <param name="KvFormat">Its cache's format.</param>
    /// <param name="Isa">The instruction sets it was compiled for.</param>
    /// <param name="Numbers">Checks of its logits.</param>
    /// <param name="Life">Checks of what is the engine's affair and no kernel's: threads, caches, limits, loading.</param>
    internal sealed record Engine(
        string Name, ModelShape Shape, KvFormat KvFormat, Isa Isa, IReadOnlyList<Check> Numbers, IReadOnlyList<Check> Life);

    private static Engine Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> => new(
            subject.Name,
            subject.Shape,
            subject.KvFormat,
            subject.Isa,
            Named(subject, "", NumberChecks.Of(subject).Concat(BitsChecks.Of(subject)).Concat(RowsChecks.Of(subject))),
            [
                new Check($"{subject.Title}: refused without its instruction set", () => !subject.IsSupported,
                    () => LoadChecks.UnsupportedIsRefused(subject)),
                .. Named(subject, "", ThreadChecks.Of(subject)),
                .. Named(subject, "", CacheChecks.Of(subject)),
                .. Named(subject, "", LimitChecks.Of(subject)),
                .. Named(subject, "", LogitsChecks.Of(subject)),
                .. Named(subject, "", LoadChecks.Of(subject)),
            ]);

    private static Engine Of<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix[] mixes)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> =>
        new(
            subject.Name,
            subject.Shape,
            subject.KvFormat,
            subject.Isa,
            Named(subject, ", weights",
                WeightFormatChecks.Of(subject, mixes).Concat(BitsChecks.Of(subject, mixes)).Concat(RowsChecks.Of(subject, mixes))),
            []);

    private static Check[] Named<TModel, TCache>(
        Subject<TModel, TCache> subject, string about, IEnumerable<(string Behaviour, Action Run)> checks)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> =>
        [.. checks.Select(check => new Check($"{subject.Title}{about}: {check.Behaviour}", () => subject.IsSupported, check.Run))];
}
