using System;
using System.Collections.Generic;
using Llamalith.Contracts;
using Llamalith.KernelChecks.Checks;
using Llamalith.KernelChecks.Zoo;

namespace Llamalith.KernelChecks;

/// <summary>Every check, by name: run by the executable under any instruction set, and by a theory under a test framework.</summary>
public static class CheckTable
{
    /// <summary>
    /// Checks for machines that are emulated: the numbers of classes small enough to be computed hundreds of times slower, which between
    /// them meet every weight format, every cache format, full and broken vectors, decode and prefill.
    /// </summary>
    public static IReadOnlyList<Check> Small { get; } =
    [
        .. Numbers(AttentionZoo.Mha),
        .. Numbers(AttentionZoo.Gqa7),
        .. Numbers(TailZoo.Head6),
        .. Numbers(TailZoo.Smallest),
        .. Numbers(TailZoo.OddWidths),
        .. Numbers(CacheZoo.Int8Odd),
        .. Numbers(OptionZoo.OnlyScalar),
        .. Numbers(OptionZoo.OnlyAvx2),
        .. Numbers(OptionZoo.OnlyAvx512),
        .. Numbers(OptionZoo.OnlyNeon),
        .. TrainerChecks.All(),
        .. Of(WeightZoo.Blocks32, WeightZoo.Mixes32),
        .. Of(WeightZoo.Blocks256, WeightZoo.Mixes256),
        .. Of(WeightZoo.ShortFloats, WeightZoo.FloatMixes),
    ];

    /// <summary>All checks, in a stable order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        .. SingleChecks.All(),
        .. Small,
        .. Life(AttentionZoo.Mha),
        .. Life(AttentionZoo.Gqa7),
        .. Life(TailZoo.Head6),
        .. Life(TailZoo.Smallest),
        .. Life(TailZoo.OddWidths),
        .. Life(CacheZoo.Int8Odd),
        .. Life(OptionZoo.OnlyScalar),
        .. Life(OptionZoo.OnlyAvx2),
        .. Life(OptionZoo.OnlyAvx512),
        .. Life(OptionZoo.OnlyNeon),
        .. Of(AttentionZoo.Stories260K),
        .. Of(AttentionZoo.Textbook),
        .. Of(AttentionZoo.Gqa3),
        .. Of(AttentionZoo.Gqa4),
        .. Of(AttentionZoo.Gqa8),
        .. Of(AttentionZoo.Gqa8Head128),
        .. Of(AttentionZoo.Mqa),
        .. Of(AttentionZoo.Mqa16),
        .. Of(AttentionZoo.Head48),
        .. Of(AttentionZoo.Head80),
        .. Of(TailZoo.Head20),
        .. Of(TailZoo.WideHeads),
        .. Of(TailZoo.NarrowHeads),
        .. Of(TailZoo.LongContext),
        .. Of(CacheZoo.Int8Mha),
        .. Of(CacheZoo.Int8Gqa8),
        .. Of(CacheZoo.Int8Window),
        .. Of(OptionZoo.Window33),
        .. Of(OptionZoo.Window128),
        .. Of(OptionZoo.Window1),
        .. Of(OptionZoo.Llama3Rope),
        .. Of(OptionZoo.Llama3RopeDefaults),
        .. Of(OptionZoo.LinearRope),
        .. Of(OptionZoo.LargeEpsilon),
    ];

    // Classes that hold no F32: the checks that are made of F32 weights are others' affair.
    private static IEnumerable<Check> Of<TModel, TCache>(Subject<TModel, TCache> subject, FormatMix[] mixes)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach ((string behaviour, Action run) in WeightFormatChecks.Of(subject, mixes))
            yield return new Check($"{subject.Title}, weights: {behaviour}", () => subject.IsSupported, run);
    }

    private static IEnumerable<Check> Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> => [.. Numbers(subject), .. Life(subject)];

    private static IEnumerable<Check> Numbers<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> => Named(subject, NumberChecks.Of(subject));

    // What is the engine's affair and no kernel's: threads, caches, limits, loading.
    private static IEnumerable<Check> Life<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> =>
        [
            new Check($"{subject.Title}: refused without its instruction set", () => !subject.IsSupported, () => LoadChecks.UnsupportedIsRefused(subject)),
            .. Named(subject, ThreadChecks.Of(subject)),
            .. Named(subject, CacheChecks.Of(subject)),
            .. Named(subject, LimitChecks.Of(subject)),
            .. Named(subject, LogitsChecks.Of(subject)),
            .. Named(subject, LoadChecks.Of(subject)),
        ];

    private static IEnumerable<Check> Named<TModel, TCache>(Subject<TModel, TCache> subject, IEnumerable<(string Behaviour, Action Run)> checks)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach ((string behaviour, Action run) in checks)
            yield return new Check($"{subject.Title}: {behaviour}", () => subject.IsSupported, run);
    }
}
