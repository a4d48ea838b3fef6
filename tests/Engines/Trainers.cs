namespace Llamalith.Engines.Trainers;

// Every way of sharing keys and values, and what else changes the text that is emitted.

[LlamaModel(
    Dim = 32, FfnDim = 64, Layers = 2, Heads = 4, VocabSize = 40, Context = 96, KvCache = KvFormat.F32, Isa = Vectors.All, Training = true)]
internal sealed partial class Mha;

/// <summary>More tokens in the vocabulary than rows of a gradient are taken at once.</summary>
[LlamaModel(Dim = 64, FfnDim = 172, Layers = 2, Heads = 8, KvHeads = 4, VocabSize = 1051, Context = 96, TiedEmbeddings = true,
    KvCache = KvFormat.F32, Isa = Vectors.All, Training = true)]
internal sealed partial class GqaTied;

[LlamaModel(Dim = 64, FfnDim = 96, Layers = 1, Heads = 4, KvHeads = 1, HeadDim = 32, VocabSize = 40, Context = 64, KvCache = KvFormat.F32,
    Isa = Vectors.All, Training = true)]
internal sealed partial class Mqa;

/// <summary>Biases, half-split rope and a window, as in Qwen2 and Mistral.</summary>
[LlamaModel(Dim = 48, FfnDim = 80, Layers = 2, Heads = 6, KvHeads = 2, HeadDim = 16, VocabSize = 37, Context = 160, QkvBias = true,
    SlidingWindow = 19,
    RopeLayout = RopeLayout.HalfSplit, RopeTheta = 500000, NormEps = 1e-6, KvCache = KvFormat.F32, Isa = Vectors.All, Training = true)]
internal sealed partial class BiasWindow;

/// <summary>Sizes that leave a tail everywhere.</summary>
[LlamaModel(Dim = 42, FfnDim = 59, Layers = 2, Heads = 3, KvHeads = 3, HeadDim = 14, VocabSize = 33, Context = 77, KvCache = KvFormat.F32,
    Isa = Vectors.All, Training = true)]
internal sealed partial class Odd;

/// <summary>A head wider than a tile, and integer weights for the engine: the trainer computes in floats all the same.</summary>
[LlamaModel(Dim = 96, FfnDim = 64, Layers = 1, Heads = 2, KvHeads = 1, HeadDim = 48, VocabSize = 34, Context = 64, KvCache = KvFormat.F32,
    Weights = WeightFormat.F32 | WeightFormat.Q8_0, Isa = Vectors.All, Training = true)]
internal sealed partial class WideHead;
