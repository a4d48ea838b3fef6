namespace Llamalith.Tests.Harness;

/// <summary>Models whose engines differ in structure, as sources to compile.</summary>
internal static class Models
{
    /// <summary>A trained story-teller: grouped-query attention, and a feed-forward width (172) that no vector width divides.</summary>
    public const string Stories260K =
        """
        [Llamalith.LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, TiedEmbeddings = true)]
        public sealed partial class Model;
        """;

    /// <summary>The textbook's grouped-query attention: 8 heads of 64 over 4 KV heads.</summary>
    public const string Textbook =
        """
        [Llamalith.LlamaModel(Dim = 512, FfnDim = 1376, Layers = 2, Heads = 8, KvHeads = 4, VocabSize = 1000, Context = 128)]
        public sealed partial class Model;
        """;

    public const string MultiQuery =
        """
        [Llamalith.LlamaModel(Dim = 256, FfnDim = 688, Layers = 2, Heads = 8, KvHeads = 1, VocabSize = 1000, Context = 128, KvCache = Llamalith.KvFormat.F32)]
        public sealed partial class Model;
        """;

    public const string Llama2_7B = "[Llamalith.LlamaModel(Llamalith.LlamaPreset.Llama2_7B)] public sealed partial class Model;";

    public const string Llama2_70B = "[Llamalith.LlamaModel(Llamalith.LlamaPreset.Llama2_70B)] public sealed partial class Model;";

    /// <summary>Everything that is off by default, on; and sizes that leave a tail everywhere.</summary>
    public const string Odd =
        """
        [Llamalith.LlamaModel(Dim = 90, FfnDim = 173, Layers = 3, Heads = 6, KvHeads = 2, HeadDim = 14, VocabSize = 259, Context = 77,
            QkvBias = true, SlidingWindow = 19, RopeLayout = Llamalith.RopeLayout.HalfSplit, RopeScaling = Llamalith.RopeScaling.Llama3,
            RopeTheta = 500000, NormEps = 1e-6, RotaryDim = 10, LayerPattern = "LGN", RopeThetaLocal = 20000, AttentionSoftCap = 20, LogitSoftCap = 15, NormPlacement = Llamalith.NormPlacement.Both, QkNorm = Llamalith.QkNorm.Head,
            Activation = Llamalith.Activation.GeluTanh, EmbeddingScale = 9.5,
            ResidualScale = 0.5, AttentionScale = 0.25, LogitScale = 3, KvCache = Llamalith.KvFormat.F32)]
        public sealed partial class Model;
        """;

    /// <summary>As much as attention can be asked to unroll: the widest head, and a group of 64 query heads.</summary>
    public const string Widest =
        """
        [Llamalith.LlamaModel(Dim = 512, FfnDim = 512, Layers = 1, Heads = 64, KvHeads = 1, HeadDim = 1024, VocabSize = 512, Context = 512)]
        public sealed partial class Model;
        """;

    /// <summary>The usual mix of a quantised file, and the simplest format beside it.</summary>
    public const string Quantised =
        """
        [Llamalith.LlamaModel(Dim = 256, FfnDim = 768, Layers = 1, Heads = 4, KvHeads = 2, VocabSize = 512, Context = 512,
            Weights = Llamalith.WeightFormat.Q4_K_M | Llamalith.WeightFormat.Q8_0)]
        public sealed partial class Model;
        """;

    /// <summary>A trainer beside the engine.</summary>
    public const string Trained =
        """
        [Llamalith.LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, TiedEmbeddings = true, Training = true)]
        public sealed partial class Model;
        """;

    /// <summary>A trainer of everything that is off by default, and of sizes that leave a tail everywhere.</summary>
    public const string TrainedOdd =
        """
        [Llamalith.LlamaModel(Dim = 90, FfnDim = 173, Layers = 3, Heads = 6, KvHeads = 2, HeadDim = 14, VocabSize = 259, Context = 77,
            QkvBias = true, SlidingWindow = 19, RopeLayout = Llamalith.RopeLayout.HalfSplit, RopeTheta = 500000, Training = true)]
        public sealed partial class Model;
        """;

    /// <summary>A cache of 8-bit integers with scales, over heads that no full vector divides.</summary>
    public const string Int8Cache =
        """
        [Llamalith.LlamaModel(Dim = 240, FfnDim = 512, Layers = 2, Heads = 12, KvHeads = 4, VocabSize = 512, Context = 600, KvCache = Llamalith.KvFormat.Int8)]
        public sealed partial class Model;
        """;

    /// <summary>Prompts with whatever a text can hold.</summary>
    public const string Prompted =
        """
        [Llamalith.LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, TiedEmbeddings = true, EmbeddedWeights = "fable.gguf")]
        [Llamalith.Prompt("system", "You are a \"teller\" of\n\tstories \\ \u2029 é.")]
        [Llamalith.Prompt("story-teller", "One day")]
        public sealed partial class Model;
        """;

    public static TheoryData<string> All =>
        [Stories260K, Textbook, MultiQuery, Llama2_7B, Llama2_70B, Odd, Widest, Quantised, Int8Cache, Trained, TrainedOdd, Prompted];
}
