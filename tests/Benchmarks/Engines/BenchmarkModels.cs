namespace Llamalith.Benchmarks.Models;

// Shapes that are met in the wild. Where a whole model would take minutes to fill, one or two layers of it stand for all; their
// vocabulary is small then, since the classifier would outweigh the layers.

/// <summary>stories260K, all of it.</summary>
[LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, TiedEmbeddings = true,
    KvCache = KvFormat.F32)]
public sealed partial class Stories260K;

/// <summary>stories15M, all of it.</summary>
[LlamaModel(
    Dim = 288, FfnDim = 768, Layers = 6, Heads = 6, VocabSize = 32000, Context = 256, TiedEmbeddings = true, KvCache = KvFormat.F32)]
public sealed partial class Stories15M;

/// <summary>Two layers of TinyLlama 1.1B.</summary>
[LlamaModel(LlamaPreset.TinyLlama1_1B, Layers = 2, VocabSize = 1024)]
public sealed partial class TinyLlamaLayers;

/// <summary>One layer of Llama 2 7B.</summary>
[LlamaModel(LlamaPreset.Llama2_7B, Layers = 1, VocabSize = 1024)]
public sealed partial class Llama7BLayer;
