using Llamalith.Contracts;

namespace Llamalith.KernelChecks;

/// <summary>States a model's shape a second time, so that what the compiler made of the attribute is checked as well.</summary>
internal static class Shapes
{
    public static ModelShape Of(
        int dim,
        int ffn,
        int layers,
        int heads,
        int kvHeads,
        int vocab,
        int context,
        int headDim = 0,
        bool tied = false,
        double eps = 1e-5,
        double theta = 10000,
        RopeScaling scaling = RopeScaling.None,
        double? factor = null,
        double? low = null,
        double? high = null,
        int? original = null,
        int window = 0,
        bool bias = false) => new()
        {
            Dim = dim,
            FfnDim = ffn,
            Layers = layers,
            Heads = heads,
            KvHeads = kvHeads,
            HeadDim = headDim == 0 ? dim / heads : headDim,
            VocabSize = vocab,
            Context = context,
            TiedEmbeddings = tied,
            NormEps = eps,
            RopeTheta = theta,
            RopeScaling = scaling,
            RopeScalingFactor = factor,
            RopeScalingLowFrequencyFactor = low,
            RopeScalingHighFrequencyFactor = high,
            RopeScalingOriginalContext = original,
            SlidingWindow = window,
            QkvBias = bias,
        };
}
