namespace Llamalith.KernelChecks.Zoo;

// Sizes that no vector width divides.

[LlamaModel(Dim = 24, FfnDim = 7, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 17, KvCache = KvFormat.F32)]
internal sealed partial class Head6 : IConversation<Head6.KvCache>;

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 1, Heads = 2, KvHeads = 1, VocabSize = 321, Context = 128)]
internal sealed partial class Head20 : IConversation<Head20.KvCache>;

/// <summary>Heads of 16 in a stream of 36: query width and model width differ.</summary>
[LlamaModel(Dim = 36, FfnDim = 7, Layers = 2, Heads = 2, KvHeads = 1, HeadDim = 16, VocabSize = 37, Context = 128, KvCache = KvFormat.F32)]
internal sealed partial class WideHeads : IConversation<WideHeads.KvCache>;

[LlamaModel(Dim = 36, FfnDim = 53, Layers = 1, Heads = 3, HeadDim = 10, VocabSize = 41, Context = 45, RopeLayout = RopeLayout.HalfSplit, QkvBias = true)]
internal sealed partial class NarrowHeads : IConversation<NarrowHeads.KvCache>;

/// <summary>As small as a model can be: one pair, and two positions.</summary>
[LlamaModel(Dim = 2, FfnDim = 1, Layers = 1, Heads = 1, VocabSize = 2, Context = 2, KvCache = KvFormat.F32)]
internal sealed partial class Smallest : IConversation<Smallest.KvCache>;

/// <summary>Odd widths throughout.</summary>
[LlamaModel(Dim = 33, FfnDim = 31, Layers = 2, Heads = 3, KvHeads = 1, HeadDim = 34, VocabSize = 101, Context = 67)]
internal sealed partial class OddWidths : IConversation<OddWidths.KvCache>;

[LlamaModel(Dim = 32, FfnDim = 48, Layers = 1, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 1000)]
internal sealed partial class LongContext : IConversation<LongContext.KvCache>;

internal static class TailZoo
{
    public static Subject<Head6, Head6.KvCache> Head6 { get; } = new(Shapes.Of(24, 7, 2, 4, 2, 37, 17), KvFormat.F32);

    public static Subject<Head20, Head20.KvCache> Head20 { get; } = new(Shapes.Of(40, 100, 1, 2, 1, 321, 128), KvFormat.F16);

    public static Subject<WideHeads, WideHeads.KvCache> WideHeads { get; } =
        new(Shapes.Of(36, 7, 2, 2, 1, 37, 128, headDim: 16), KvFormat.F32);

    public static Subject<NarrowHeads, NarrowHeads.KvCache> NarrowHeads { get; } =
        new(Shapes.Of(36, 53, 1, 3, 3, 41, 45, headDim: 10, bias: true), KvFormat.F16) { Layout = RopeLayout.HalfSplit };

    public static Subject<Smallest, Smallest.KvCache> Smallest { get; } = new(Shapes.Of(2, 1, 1, 1, 1, 2, 2), KvFormat.F32);

    public static Subject<OddWidths, OddWidths.KvCache> OddWidths { get; } =
        new(Shapes.Of(33, 31, 2, 3, 1, 101, 67, headDim: 34), KvFormat.F16);

    public static Subject<LongContext, LongContext.KvCache> LongContext { get; } = new(Shapes.Of(32, 48, 1, 4, 2, 37, 1000), KvFormat.F16);
}
