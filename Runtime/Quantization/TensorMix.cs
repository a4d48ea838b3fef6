using System;
using Llamalith.Contracts;

namespace Llamalith.Quantization;

/// <summary>
/// Which type each tensor gets under a preset. Not all tensors forgive coarse weights equally: the classifier, the value projection and
/// the down projection forgive least, and first and last layers less than those between; so files mix types.
/// </summary>
public static class TensorMix
{
    // A model this deep shares each value head among eight query heads, so its small value matrices are given more bits.
    private const int LayersOf70B = 80;

    /// <summary>The type of a tensor.</summary>
    /// <param name="preset">The mix.</param>
    /// <param name="shape">The model: its number of layers, its heads, and whether the token embedding is the classifier too.</param>
    /// <param name="name">The canonical name, one of <see cref="TensorNames"/>.</param>
    /// <param name="rows">Rows of the tensor; vectors, with one row, stay F32.</param>
    /// <param name="columns">Elements in a row. Where they are no whole number of blocks a format with smaller blocks and no fewer bits is
    /// chosen, F16 at last.</param>
    public static TensorType Choose(QuantizationPreset preset, ModelShape shape, string name, long rows, long columns)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(name);
        if (rows == 1)
            return TensorType.F32;
        return FitBlocks(Wanted(preset, shape, name, columns), columns);
    }

    /// <summary>
    /// The preset of a name such as "q4_k_m", in upper or lower case; the name of a format of which there is one mix (Q3_K, Q4_K, Q5_K) is
    /// that mix's.
    /// </summary>
    public static bool TryParse(string name, out QuantizationPreset preset)
    {
        foreach (QuantizationPreset candidate in Enum.GetValues<QuantizationPreset>())
        {
            string full = candidate.ToString();
            if (string.Equals(full, name, StringComparison.OrdinalIgnoreCase)
                || string.Equals(full, name + "_M", StringComparison.OrdinalIgnoreCase))
            {
                preset = candidate;
                return true;
            }
        }

        preset = default;
        return false;
    }

    /// <summary>What GGUF files say of their mix in general.file_type.</summary>
    public static int FileType(QuantizationPreset preset) => preset switch
    {
        QuantizationPreset.F32 => 0,
        QuantizationPreset.F16 => 1,
        QuantizationPreset.Q4_0 => 2,
        QuantizationPreset.Q4_1 => 3,
        QuantizationPreset.Q8_0 => 7,
        QuantizationPreset.Q5_0 => 8,
        QuantizationPreset.Q5_1 => 9,
        QuantizationPreset.Q2_K => 10,
        QuantizationPreset.Q3_K_M => 12,
        QuantizationPreset.Q4_K_M => 15,
        QuantizationPreset.Q5_K_M => 17,
        QuantizationPreset.Q6_K => 18,
        QuantizationPreset.BF16 => 32,
        _ => throw Unknown(preset),
    };

    private static TensorType Wanted(QuantizationPreset preset, ModelShape shape, string name, long columns)
    {
        TensorType usual = Usual(preset);
        if (TensorTypes.BlockOf(usual).Elements == 1 || usual == TensorType.Q8_0)
            return usual;
        if (name == TensorNames.Classifier || (name == TensorNames.TokenEmbedding && shape.TiedEmbeddings))
            return columns % TensorTypes.BlockOf(TensorType.Q6_K).Elements == 0 ? TensorType.Q6_K : TensorType.Q8_0;
        LayerTensor? tensor = ModelTensors.OfLayer(name, out int layer);
        if (tensor == LayerTensors.Value)
            return ForValue(preset, usual, shape, layer);
        if (tensor == LayerTensors.Down)
            return ForDown(preset, usual, shape.Layers, layer);
        if (tensor != LayerTensors.AttentionOutput)
            return usual;
        return preset switch
        {
            QuantizationPreset.Q2_K => TensorType.Q3_K,
            QuantizationPreset.Q3_K_M => TensorType.Q4_K,
            _ => usual,
        };
    }

    private static TensorType ForValue(QuantizationPreset preset, TensorType usual, ModelShape shape, int layer)
    {
        TensorType type = preset switch
        {
            QuantizationPreset.Q2_K => shape.Heads / shape.KvHeads >= 4 ? TensorType.Q4_K : TensorType.Q3_K,
            QuantizationPreset.Q3_K_M => layer < 2 ? TensorType.Q5_K : TensorType.Q4_K,
            QuantizationPreset.Q4_K_M or QuantizationPreset.Q5_K_M when DeservesMoreBits(layer, shape.Layers) => TensorType.Q6_K,
            _ => usual,
        };
        return shape.Layers == LayersOf70B && type is TensorType.Q3_K or TensorType.Q4_K ? TensorType.Q5_K : type;
    }

    private static TensorType ForDown(QuantizationPreset preset, TensorType usual, int layers, int layer) => preset switch
    {
        QuantizationPreset.Q2_K => TensorType.Q3_K,
        QuantizationPreset.Q3_K_M => layer < layers / 16 ? TensorType.Q5_K : TensorType.Q4_K,
        QuantizationPreset.Q4_K_M or QuantizationPreset.Q5_K_M when DeservesMoreBits(layer, layers) => TensorType.Q6_K,
        _ => usual,
    };

    /// <summary>The first and the last eighth of the layers, and every third between.</summary>
    private static bool DeservesMoreBits(int layer, int layers) =>
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;

    private static TensorType Usual(QuantizationPreset preset) => preset switch
    {
        QuantizationPreset.F32 => TensorType.F32,
        QuantizationPreset.F16 => TensorType.F16,
        QuantizationPreset.BF16 => TensorType.BF16,
        QuantizationPreset.Q8_0 => TensorType.Q8_0,
        QuantizationPreset.Q4_0 => TensorType.Q4_0,
        QuantizationPreset.Q4_1 => TensorType.Q4_1,
        QuantizationPreset.Q5_0 => TensorType.Q5_0,
        QuantizationPreset.Q5_1 => TensorType.Q5_1,
        QuantizationPreset.Q2_K => TensorType.Q2_K,
        QuantizationPreset.Q3_K_M => TensorType.Q3_K,
        QuantizationPreset.Q4_K_M => TensorType.Q4_K,
        QuantizationPreset.Q5_K_M => TensorType.Q5_K,
        QuantizationPreset.Q6_K => TensorType.Q6_K,
        _ => throw Unknown(preset),
    };

    private static TensorType FitBlocks(TensorType type, long columns)
    {
        if (columns % TensorTypes.BlockOf(type).Elements == 0)
            return type;
        TensorType smaller = type switch
        {
            TensorType.Q2_K or TensorType.Q3_K => TensorType.Q4_0,
            TensorType.Q4_K => TensorType.Q5_0,
            TensorType.Q5_K => TensorType.Q5_1,
            TensorType.Q6_K => TensorType.Q8_0,
            _ => TensorType.F16,
        };
        return columns % TensorTypes.BlockOf(smaller).Elements == 0 ? smaller : TensorType.F16;
    }

    private static ArgumentOutOfRangeException Unknown(QuantizationPreset preset) => new(nameof(preset), preset, "No such preset.");
}
