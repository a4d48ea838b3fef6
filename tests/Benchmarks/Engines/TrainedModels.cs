namespace Llamalith.Benchmarks.Models;

// Models that a small machine can train: the shapes grow, everything else stays.

[LlamaModel(
    Dim = 128, FfnDim = 352, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 2048, Context = 256, TiedEmbeddings = true, Training = true)]
public sealed partial class Train128;

[LlamaModel(
    Dim = 256, FfnDim = 688, Layers = 6, Heads = 8, KvHeads = 4, VocabSize = 4096, Context = 256, TiedEmbeddings = true, Training = true)]
public sealed partial class Train256;

[LlamaModel(
    Dim = 512, FfnDim = 1376, Layers = 4, Heads = 8, KvHeads = 4, VocabSize = 4096, Context = 256, TiedEmbeddings = true, Training = true)]
public sealed partial class Train512;

/// <summary>Rows of whole blocks of 256, so that every format holds them; two query heads to each key and value head.</summary>
[LlamaModel(Dim = 256, FfnDim = 768, Layers = 3, Heads = 8, KvHeads = 4, VocabSize = 2048, Context = 256, TiedEmbeddings = true,
    KvCache = KvFormat.F32, Training = true)]
public sealed partial class FormatLlama;
