using System.Globalization;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>
/// The line by which a saved cache says whose it is: the class, and whatever of its spec decides the bits of keys and values or where they lie.
/// What is left out decides neither: a longer context reads what a shorter one wrote, and the classifier comes behind the last layer.
/// </summary>
internal static class CacheIdentity
{
    public static string Of(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        RopeScalingSpec scaling = spec.RopeScaling;
        string rope = scaling.Kind switch
        {
            RopeScaling.None => "None",
            RopeScaling.Llama3 => string.Join("/", "Llama3", Real(scaling.Factor), Real(scaling.LowFrequencyFactor), Real(scaling.HighFrequencyFactor), Whole(scaling.OriginalContext)),
            _ => $"{scaling.Kind}/{Real(scaling.Factor)}",
        };
        return string.Join(
            " ",
            spec.FullName,
            $"KvCache={spec.KvCache}",
            $"Dim={Whole(spec.Dim)}",
            $"FfnDim={Whole(spec.FfnDim)}",
            $"Layers={Whole(spec.Layers)}",
            $"Heads={Whole(spec.Heads)}",
            $"KvHeads={Whole(spec.KvHeads)}",
            $"HeadDim={Whole(spec.HeadDim)}",
            $"VocabSize={Whole(spec.VocabSize)}",
            $"NormEps={Real(spec.NormEps)}",
            $"RopeLayout={spec.RopeLayout}",
            $"RopeTheta={Real(spec.RopeTheta)}",
            $"RopeScaling={rope}",
            $"SlidingWindow={Whole(spec.SlidingWindow)}",
            $"QkvBias={spec.QkvBias}",
            $"Weights={spec.Weights.ToString().Replace(", ", "|")}",
            $"Block={Whole(plan.Cache.BlockPositions)}/{Whole(CacheLayout.PositionTile)}/{Whole(plan.Cache.Slice)}");
    }

    private static string Real(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);
}
