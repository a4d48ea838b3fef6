namespace Llamalith.Engines.Kernels;

// Sizes that no vector width divides.

[LlamaModel(
    Dim = 24, FfnDim = 7, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 17, KvCache = KvFormat.F32, Isa = Vectors.All)]
internal sealed partial class Head6 : IConversation<Head6.KvCache>;

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 1, Heads = 2, KvHeads = 1, VocabSize = 321, Context = 128, Isa = Vectors.Wide)]
internal sealed partial class Head20 : IConversation<Head20.KvCache>;

/// <summary>Heads of 16 in a stream of 36: query width and model width differ.</summary>
[LlamaModel(Dim = 36, FfnDim = 7, Layers = 2, Heads = 2, KvHeads = 1, HeadDim = 16, VocabSize = 37, Context = 128, KvCache = KvFormat.F32,
    Isa = Vectors.Wide)]
internal sealed partial class WideHeads : IConversation<WideHeads.KvCache>;

[LlamaModel(Dim = 36, FfnDim = 53, Layers = 1, Heads = 3, HeadDim = 10, VocabSize = 41, Context = 45, RopeLayout = RopeLayout.HalfSplit,
    QkvBias = true, Isa = Vectors.Narrow)]
internal sealed partial class NarrowHeads : IConversation<NarrowHeads.KvCache>;

/// <summary>As small as a model can be: one pair, and two positions.</summary>
[LlamaModel(Dim = 2, FfnDim = 1, Layers = 1, Heads = 1, VocabSize = 2, Context = 2, KvCache = KvFormat.F32, Isa = Vectors.All)]
internal sealed partial class Smallest : IConversation<Smallest.KvCache>;

/// <summary>Odd widths throughout.</summary>
[LlamaModel(Dim = 33, FfnDim = 31, Layers = 2, Heads = 3, KvHeads = 1, HeadDim = 34, VocabSize = 101, Context = 67, Isa = Vectors.All)]
internal sealed partial class OddWidths : IConversation<OddWidths.KvCache>;

[LlamaModel(Dim = 32, FfnDim = 48, Layers = 1, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 1000, Isa = Vectors.Wide)]
internal sealed partial class LongContext : IConversation<LongContext.KvCache>;
