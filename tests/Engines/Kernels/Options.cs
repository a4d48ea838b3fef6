namespace Llamalith.Engines.Kernels;

// What an attribute can switch besides the sizes. None of it is an instruction set's affair, so one set of vectors is compiled, and scalar
// code.

[LlamaModel(
    Dim = 64, FfnDim = 48, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 300, SlidingWindow = 33, KvCache = KvFormat.F32,
    Isa = Vectors.Narrow | Isa.Scalar)]
internal sealed partial class Window33 : IConversation<Window33.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 4, KvHeads = 1, VocabSize = 37, Context = 300, SlidingWindow = 128,
    Isa = Vectors.Wide | Isa.Scalar)]
internal sealed partial class Window128 : IConversation<Window128.KvCache>;

[LlamaModel(
    Dim = 64, FfnDim = 48, Layers = 2, Heads = 4, VocabSize = 37, Context = 64, SlidingWindow = 1, Isa = Vectors.Narrow | Isa.Scalar)]
internal sealed partial class Window1 : IConversation<Window1.KvCache>;

[LlamaModel(
    Dim = 64, FfnDim = 48, Layers = 1, Heads = 2, VocabSize = 37, Context = 300, KvCache = KvFormat.F32, RopeLayout = RopeLayout.HalfSplit,
    RopeScaling = RopeScaling.Llama3, RopeScalingFactor = 32, RopeScalingLowFrequencyFactor = 2, RopeScalingHighFrequencyFactor = 6,
    RopeScalingOriginalContext = 256,
    Isa = Vectors.Wide | Isa.Scalar)]
internal sealed partial class Llama3Rope : IConversation<Llama3Rope.KvCache>;

[LlamaModel(
    Dim = 64, FfnDim = 48, Layers = 1, Heads = 2, KvHeads = 1, VocabSize = 37, Context = 128, RopeTheta = 500000, KvCache = KvFormat.F32,
    RopeScaling = RopeScaling.Llama3, RopeScalingOriginalContext = 100, Isa = Vectors.Narrow | Isa.Scalar)]
internal sealed partial class Llama3RopeDefaults : IConversation<Llama3RopeDefaults.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 4, VocabSize = 37, Context = 128, RopeScaling = RopeScaling.Linear,
    RopeScalingFactor = 4, KvCache = KvFormat.F32,
    Isa = Vectors.Narrow | Isa.Scalar)]
internal sealed partial class LinearRope : IConversation<LinearRope.KvCache>;

/// <summary>An epsilon large enough to be seen in the logits, tied embeddings, and a window that the context never reaches.</summary>
[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 4, VocabSize = 37, Context = 64, NormEps = 0.25, RopeTheta = 100,
    TiedEmbeddings = true, SlidingWindow = 4096,
    KvCache = KvFormat.F32, Isa = Vectors.Wide | Isa.Scalar)]
internal sealed partial class LargeEpsilon : IConversation<LargeEpsilon.KvCache>;

// One instruction set alone, so that the narrower ones are checked on wide machines too; with trainers, for the same reason.

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 128, Isa = Isa.Scalar,
    KvCache = KvFormat.F32, Training = true)]
internal sealed partial class OnlyScalar : IConversation<OnlyScalar.KvCache>;

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 128, Isa = Isa.Avx2, Training = true)]
internal sealed partial class OnlyAvx2 : IConversation<OnlyAvx2.KvCache>;

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 128, Isa = Isa.Avx512, Training = true)]
internal sealed partial class OnlyAvx512 : IConversation<OnlyAvx512.KvCache>;

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 128, Isa = Isa.Neon, Training = true)]
internal sealed partial class OnlyNeon : IConversation<OnlyNeon.KvCache>;
