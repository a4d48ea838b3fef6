
namespace Llamalith.KernelChecks.Zoo;

// What an attribute can switch besides the sizes. None of it is an instruction set's affair, so two sets are compiled.

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 300, SlidingWindow = 33, KvCache = KvFormat.F32,
    Isa = Isa.Avx2 | Isa.Scalar)]
internal sealed partial class Window33 : IConversation<Window33.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 4, KvHeads = 1, VocabSize = 37, Context = 300, SlidingWindow = 128, Isa = Isa.Avx512 | Isa.Scalar)]
internal sealed partial class Window128 : IConversation<Window128.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 2, Heads = 4, VocabSize = 37, Context = 64, SlidingWindow = 1, Isa = Isa.Avx2 | Isa.Scalar)]
internal sealed partial class Window1 : IConversation<Window1.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 2, VocabSize = 37, Context = 300, KvCache = KvFormat.F32, RopeLayout = RopeLayout.HalfSplit,
    RopeScaling = RopeScaling.Llama3, RopeScalingFactor = 32, RopeScalingLowFrequencyFactor = 2, RopeScalingHighFrequencyFactor = 6, RopeScalingOriginalContext = 256,
    Isa = Isa.Avx512 | Isa.Scalar)]
internal sealed partial class Llama3Rope : IConversation<Llama3Rope.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 2, KvHeads = 1, VocabSize = 37, Context = 128, RopeTheta = 500000, KvCache = KvFormat.F32,
    RopeScaling = RopeScaling.Llama3, RopeScalingOriginalContext = 100, Isa = Isa.Avx2 | Isa.Scalar)]
internal sealed partial class Llama3RopeDefaults : IConversation<Llama3RopeDefaults.KvCache>;

[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 4, VocabSize = 37, Context = 128, RopeScaling = RopeScaling.Linear, RopeScalingFactor = 4, KvCache = KvFormat.F32,
    Isa = Isa.Avx2 | Isa.Scalar)]
internal sealed partial class LinearRope : IConversation<LinearRope.KvCache>;

/// <summary>An epsilon large enough to be seen in the logits, tied embeddings, and a window that the context never reaches.</summary>
[LlamaModel(Dim = 64, FfnDim = 48, Layers = 1, Heads = 4, VocabSize = 37, Context = 64, NormEps = 0.25, RopeTheta = 100, TiedEmbeddings = true, SlidingWindow = 4096,
    KvCache = KvFormat.F32, Isa = Isa.Avx512 | Isa.Scalar)]
internal sealed partial class LargeEpsilon : IConversation<LargeEpsilon.KvCache>;

// One instruction set alone, so that the narrower ones are checked on wide machines too; with trainers, for the same reason.

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 128, Isa = Isa.Scalar, KvCache = KvFormat.F32, Training = true)]
internal sealed partial class OnlyScalar : IConversation<OnlyScalar.KvCache>;

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 128, Isa = Isa.Avx2, Training = true)]
internal sealed partial class OnlyAvx2 : IConversation<OnlyAvx2.KvCache>;

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 128, Isa = Isa.Avx512, Training = true)]
internal sealed partial class OnlyAvx512 : IConversation<OnlyAvx512.KvCache>;

[LlamaModel(Dim = 40, FfnDim = 100, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 37, Context = 128, Isa = Isa.Neon, Training = true)]
internal sealed partial class OnlyNeon : IConversation<OnlyNeon.KvCache>;

internal static class OptionZoo
{
    public static Subject<Window33, Window33.KvCache> Window33 { get; } =
        new(Shapes.Of(64, 48, 2, 4, 2, 37, 300, window: 33), KvFormat.F32) { Isa = Isa.Avx2 | Isa.Scalar };

    public static Subject<Window128, Window128.KvCache> Window128 { get; } =
        new(Shapes.Of(64, 48, 1, 4, 1, 37, 300, window: 128), KvFormat.F16) { Isa = Isa.Avx512 | Isa.Scalar };

    public static Subject<Window1, Window1.KvCache> Window1 { get; } =
        new(Shapes.Of(64, 48, 2, 4, 4, 37, 64, window: 1), KvFormat.F16) { Isa = Isa.Avx2 | Isa.Scalar };

    public static Subject<Llama3Rope, Llama3Rope.KvCache> Llama3Rope { get; } =
        new(Shapes.Of(64, 48, 1, 2, 2, 37, 300, scaling: RopeScaling.Llama3, factor: 32, low: 2, high: 6, original: 256), KvFormat.F32)
        {
            Isa = Isa.Avx512 | Isa.Scalar,
            Layout = RopeLayout.HalfSplit,
        };

    public static Subject<Llama3RopeDefaults, Llama3RopeDefaults.KvCache> Llama3RopeDefaults { get; } =
        new(Shapes.Of(64, 48, 1, 2, 1, 37, 128, theta: 500000, scaling: RopeScaling.Llama3, factor: 8, low: 1, high: 4, original: 100), KvFormat.F32) { Isa = Isa.Avx2 | Isa.Scalar };

    public static Subject<LinearRope, LinearRope.KvCache> LinearRope { get; } =
        new(Shapes.Of(64, 48, 1, 4, 4, 37, 128, scaling: RopeScaling.Linear, factor: 4), KvFormat.F32) { Isa = Isa.Avx2 | Isa.Scalar };

    public static Subject<LargeEpsilon, LargeEpsilon.KvCache> LargeEpsilon { get; } =
        new(Shapes.Of(64, 48, 1, 4, 4, 37, 64, tied: true, eps: 0.25, theta: 100, window: 4096), KvFormat.F32) { Isa = Isa.Avx512 | Isa.Scalar };

    public static Subject<OnlyScalar, OnlyScalar.KvCache> OnlyScalar { get; } =
        new(Shapes.Of(40, 100, 2, 4, 2, 37, 128), KvFormat.F32) { Isa = Isa.Scalar };

    public static Subject<OnlyAvx2, OnlyAvx2.KvCache> OnlyAvx2 { get; } =
        new(Shapes.Of(40, 100, 2, 4, 2, 37, 128), KvFormat.F16) { Isa = Isa.Avx2 };

    public static Subject<OnlyAvx512, OnlyAvx512.KvCache> OnlyAvx512 { get; } =
        new(Shapes.Of(40, 100, 2, 4, 2, 37, 128), KvFormat.F16) { Isa = Isa.Avx512 };

    public static Subject<OnlyNeon, OnlyNeon.KvCache> OnlyNeon { get; } =
        new(Shapes.Of(40, 100, 2, 4, 2, 37, 128), KvFormat.F16) { Isa = Isa.Neon };
}
