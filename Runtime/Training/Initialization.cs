using System;
using Llamalith.Contracts;
using Llamalith.Tools;

namespace Llamalith.Training;

/// <summary>The random weights that training starts from.</summary>
internal static class Initialization
{
    private const double Deviation = 0.02;

    public static void Fill(ParameterSet parameters, ModelShape shape, long seed)
    {
        // As in GPT-2: 2 · Layers terms add up in the residual stream, so each is made smaller by the root of their number.
        float residual = (float)(Deviation / Math.Sqrt(2.0 * shape.Layers));
        for (int i = 0; i < parameters.Items.Count; i++)
        {
            Parameter parameter = parameters.Items[i];
            Span<float> weights = parameters.Weights(parameter);
            if (!parameter.IsMatrix)
                weights.Fill(IsNorm(parameter.Name) ? 1 : 0);
            else
                Draw(weights, RandomNumbers.At(seed, i, 0), WritesResidual(parameter.Name) ? residual : (float)Deviation);
        }
    }

    private static void Draw(Span<float> weights, RandomNumbers random, float deviation)
    {
        foreach (ref float weight in weights)
            weight = deviation * random.NextNormal();
    }

    private static bool IsNorm(string name) => name == TensorNames.FinalNorm || ModelTensors.OfLayer(name, out _)?.Role == TensorRole.Norm;

    // What a layer adds to the residual stream.
    private static bool WritesResidual(string name) => ModelTensors.OfLayer(name, out _) is { Role: TensorRole.Matrix, Rows: Width.Dim };
}
