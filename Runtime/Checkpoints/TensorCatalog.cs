using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>
/// The tensors that this runtime can place: those named in <see cref="TensorNames"/>, and how each format calls them. A tensor of
/// a layer that has no row here would be left out of the computation, so a file that has one is refused.
/// </summary>
internal static class TensorCatalog
{
    private const string HuggingFaceLayerPrefix = "model.layers.";

    private static readonly HashSet<string> Global = [TensorNames.TokenEmbedding, TensorNames.FinalNorm, TensorNames.Classifier];

    private static readonly HashSet<string> OfLayers = [.. LayerTensors.All.Select(static tensor => tensor.Stored)];

    private static readonly Dictionary<string, string> GlobalOfHuggingFace = new()
    {
        ["model.embed_tokens.weight"] = TensorNames.TokenEmbedding,
        ["model.norm.weight"] = TensorNames.FinalNorm,
        ["lm_head.weight"] = TensorNames.Classifier,
    };

    private static readonly Dictionary<string, string> OfLayersOfHuggingFace =
        LayerTensors.All.ToDictionary(static tensor => tensor.HuggingFace, static tensor => tensor.Stored);

    /// <summary>What older files carry beside the weights: rotary frequencies, which follow from the hyperparameters.</summary>
    private static readonly HashSet<string> DerivedOfLayers =
        ["attn_rot_embd", "attn_rot_embd.weight", "rope_freqs.weight", "self_attn.rotary_emb.inv_freq"];

    private static readonly HashSet<string> Derived = ["rope_freqs.weight", "model.rotary_emb.inv_freq"];

    /// <summary>The canonical name of a tensor of a GGUF file.</summary>
    public static TensorPlace OfGguf(string name)
    {
        if (TensorNames.TryLayer(name, TensorNames.LayerPrefix, out int layer, out string rest))
        {
            return DerivedOfLayers.Contains(rest) ? TensorPlace.Unneeded(layer) : OfLayers.Contains(rest)
                ? new(name, layer) : TensorPlace.Unknown(layer);
        }

        return Derived.Contains(name) ? TensorPlace.Unneeded() : Global.Contains(name) ? new(name, null) : TensorPlace.Unknown();
    }

    /// <summary>The canonical name of a tensor of a Hugging Face checkpoint.</summary>
    public static TensorPlace OfHuggingFace(string name)
    {
        if (TensorNames.TryLayer(name, HuggingFaceLayerPrefix, out int layer, out string rest))
        {
            if (DerivedOfLayers.Contains(rest))
                return TensorPlace.Unneeded(layer);
            return OfLayersOfHuggingFace.TryGetValue(rest, out string? canonical)
                ? new(TensorNames.OfLayer(layer, canonical), layer) : TensorPlace.Unknown(layer);
        }

        if (Derived.Contains(name))
            return TensorPlace.Unneeded();
        return GlobalOfHuggingFace.TryGetValue(name, out string? global) ? new(global, null) : TensorPlace.Unknown();
    }

    /// <summary>The name in a Hugging Face checkpoint of a layer's tensor.</summary>
    public static string HuggingFaceName(int layer, LayerTensor tensor) =>
        string.Create(CultureInfo.InvariantCulture, $"{HuggingFaceLayerPrefix}{layer}.{tensor.HuggingFace}");
}

/// <summary>What a tensor of a file is to the runtime.</summary>
/// <param name="Name">Its canonical name; null where it has none.</param>
/// <param name="Layer">Its layer; null where it is not a layer's.</param>
/// <param name="IsNeeded">Whether leaving it out would change the result.</param>
internal readonly record struct TensorPlace(string? Name, int? Layer, bool IsNeeded = true)
{
    public static TensorPlace Unneeded(int? layer = null) => new(null, layer, IsNeeded: false);

    public static TensorPlace Unknown(int? layer = null) => new(null, layer);

    /// <summary>Refuses a tensor that would be left out of the computation, and one of a layer that the model does not have.</summary>
    /// <exception cref="ModelFormatException">The message names the tensor.</exception>
    public void EnsureKnown(string path, string fileName, int layers, string layersKey)
    {
        if (Layer >= layers)
            throw new ModelFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{path} has the tensor {Shown.Text(fileName)}, but {layersKey} = {layers}."));
        if (Name is null && IsNeeded)
        {
            throw new ModelFormatException(
                $"{path} has the tensor {Shown.Text(fileName)}, which is no part of a Llama model: leaving it out would compute something "
                    + "else.");
        }
    }
}
