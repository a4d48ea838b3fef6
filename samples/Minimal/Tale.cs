namespace Llamalith.Minimal;

/// <summary>The engine, made at compile time.</summary>
[LlamaModel(
    Dim = 128, FfnDim = 352, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 2048, Context = 256, TiedEmbeddings = true,
    Weights = WeightFormat.F32 | WeightFormat.Q8_0)]
internal sealed partial class Tale;
