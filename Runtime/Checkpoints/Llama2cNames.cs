using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Llama2c;

namespace Llamalith.Checkpoints;

/// <summary>The arrays of a llama2.c checkpoint and the canonical names of what they hold.</summary>
internal static class Llama2cNames
{
    /// <summary>Arrays that are one tensor.</summary>
    public static IReadOnlyDictionary<Llama2cArray, string> Global { get; } = new Dictionary<Llama2cArray, string>
    {
        [Llama2cArray.TokenEmbedding] = TensorNames.TokenEmbedding,
        [Llama2cArray.FinalNorm] = TensorNames.FinalNorm,
        [Llama2cArray.Classifier] = TensorNames.Classifier,
    };

    /// <summary>Arrays with a tensor for each layer; they are called as the tensors are in code.</summary>
    public static IReadOnlyDictionary<Llama2cArray, LayerTensor> OfLayers { get; } = LayerTensors.All
        .Where(static tensor => Enum.IsDefined(ArrayOf(tensor)))
        .ToDictionary(static tensor => ArrayOf(tensor));

    private static Llama2cArray ArrayOf(LayerTensor tensor) =>
        Enum.TryParse(tensor.Name, out Llama2cArray array) ? array : (Llama2cArray)(-1);
}
