namespace Llamalith.KernelChecks.Zoo;

// The published sizes, compiled but never loaded: their constants are checked, which need no fast kernels.

[LlamaModel(LlamaPreset.Llama2_7B, Isa = Isa.Scalar)]
internal sealed partial class Llama2_7B;

[LlamaModel(LlamaPreset.Llama2_13B, Isa = Isa.Scalar)]
internal sealed partial class Llama2_13B;

[LlamaModel(Dim = 8192, FfnDim = 22016, Layers = 48, Heads = 64, KvHeads = 8, VocabSize = 32000, Context = 4096, Isa = Isa.Scalar)]
internal sealed partial class Llama2_34B;

[LlamaModel(LlamaPreset.Llama2_70B, Isa = Isa.Scalar)]
internal sealed partial class Llama2_70B;

[LlamaModel(LlamaPreset.TinyLlama1_1B, Isa = Isa.Scalar)]
internal sealed partial class TinyLlama;
