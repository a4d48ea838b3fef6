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
    /// Checks for machines that are emulated: classes small enough to be computed hundreds of times slower, which between them meet
    /// every weight format, every cache format, full and broken vectors, decode and prefill.
    /// </summary>
    public static IReadOnlyList<Check> Small { get; } =
    [
        .. Of(AttentionZoo.Mha),
        .. Of(AttentionZoo.Gqa7),
        .. Of(TailZoo.Head6),
        .. Of(TailZoo.Smallest),
        .. Of(TailZoo.OddWidths),
        .. Of(CacheZoo.Int8Odd),
        .. Of(OptionZoo.OnlyScalar),
        .. Of(OptionZoo.OnlyAvx2),
        .. Of(OptionZoo.OnlyAvx512),
        .. Of(OptionZoo.OnlyNeon),
        .. Of(WeightZoo.Blocks32, WeightZoo.Mixes32),
        .. Of(WeightZoo.Blocks256, WeightZoo.Mixes256),
        .. Of(WeightZoo.ShortFloats, WeightZoo.FloatMixes),
    ];

    /// <summary>All checks, in a stable order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        .. SingleChecks.All(),
        .. Small,
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
        where TCache : struct, IKvCache<TCache>
    {
        yield return new Check($"{subject.Title}: refused without its instruction set", () => !subject.IsSupported, () => LoadChecks.UnsupportedIsRefused(subject));
        IEnumerable<(string Behaviour, Action Run)>[] families =
            [NumberChecks.Of(subject), ThreadChecks.Of(subject), CacheChecks.Of(subject), LimitChecks.Of(subject), LoadChecks.Of(subject)];
        foreach (IEnumerable<(string Behaviour, Action Run)> family in families)
        {
            foreach ((string behaviour, Action run) in family)
                yield return new Check($"{subject.Title}: {behaviour}", () => subject.IsSupported, run);
        }
    }
}
