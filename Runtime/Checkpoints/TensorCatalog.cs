using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Checkpoints;

/// <summary>
/// The tensors that a model has, and how a format calls them. A tensor of a layer that has no row here would be left out of the
/// computation, so a file that has one is refused.
/// </summary>
internal sealed class TensorCatalog
{
    /// <summary>What older files carry beside the weights: rotary frequencies, which follow from the hyperparameters.</summary>
    private static readonly HashSet<string> s_derivedOfLayers =
        ["attn_rot_embd", "attn_rot_embd.weight", "rope_freqs.weight", "self_attn.rotary_emb.inv_freq", "attn.attention.rotary.inv_freq"];

    private static readonly HashSet<string> s_derived = 
    [
        "rope_freqs.weight", LongRope.LongFactors, LongRope.ShortFactors, "model.rotary_emb.inv_freq", "transformer.rotary.inv_freq",
    ];

    private readonly string _layerPrefix;
    private readonly Dictionary<string, string> _global;
    private readonly Dictionary<string, LayerTensor[]> _ofLayers;

    private TensorCatalog(string layerPrefix, Dictionary<string, string> global, Dictionary<string, LayerTensor[]> ofLayers)
    {
        _layerPrefix = layerPrefix;
        _global = global;
        _ofLayers = ofLayers;
    }

    /// <summary>The catalog of GGUF files of a shape.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="hasGates">Whether there are gates of their own; without them, Up holds them too.</param>
    public static TensorCatalog OfGguf(ModelShape shape, bool hasGates) => new(
        TensorNames.LayerPrefix,
        new[] { TensorNames.TokenEmbedding, TensorNames.FinalNorm, TensorNames.Classifier }.ToDictionary(static name => name),
        Named(shape, static tensor => tensor.Stored, LayerTensors.Fused.Where(fused => !(hasGates && fused.Stored == LayerTensors.Up.Stored))
            .Select(static fused => (fused.Stored, fused.Parts))));

    /// <summary>The catalog of Hugging Face's files of an architecture.</summary>
    public static TensorCatalog OfHuggingFace(ModelFamily family, ModelShape shape) => new(
        family.LayerPrefix,
        new Dictionary<string, string>
        {
            [family.NameOf(TensorNames.TokenEmbedding, UsualEmbedding)] = TensorNames.TokenEmbedding,
            [family.NameOf(TensorNames.FinalNorm, "model.norm.weight")] = TensorNames.FinalNorm,
            [HuggingFaceClassifier] = TensorNames.Classifier,
        },
        Named(shape, family.NameOf, LayerTensors.Fused.Select(static fused => (fused.HuggingFace, fused.Parts))));

    /// <summary>The classifier's name in Hugging Face's files.</summary>
    public const string HuggingFaceClassifier = "lm_head.weight";

    /// <summary>What most of Hugging Face's names of layers' tensors begin with.</summary>
    public const string UsualLayerPrefix = "model.layers.";

    private const string UsualEmbedding = "model.embed_tokens.weight";

    /// <summary>What a tensor of a file is.</summary>
    public TensorPlace Find(string name)
    {
        if (TensorNames.TryLayer(name, _layerPrefix, out int layer, out string rest))
        {
            return s_derivedOfLayers.Contains(rest) ? TensorPlace.Unneeded(layer)
                : _ofLayers.TryGetValue(rest, out LayerTensor[]? parts) ? new(layer, parts, null) : TensorPlace.Unknown(layer);
        }

        return s_derived.Contains(name) ? TensorPlace.Unneeded()
            : _global.TryGetValue(name, out string? canonical) ? new(null, [], canonical) : TensorPlace.Unknown();
    }

    /// <summary>The canonical name of a matrix that some model of GGUF's has; null where none has it.</summary>
    public static string? CanonicalOfGguf(string name) =>
        name is TensorNames.TokenEmbedding or TensorNames.Classifier || ModelTensors.OfLayer(name, out _) is { Role: TensorRole.Matrix } ? name : null;

    /// <summary>The canonical name of a matrix that most models of Hugging Face's have; null where they have it not.</summary>
    public static string? CanonicalOfHuggingFace(string name) => name switch
    {
        UsualEmbedding => TensorNames.TokenEmbedding,
        HuggingFaceClassifier => TensorNames.Classifier,
        _ => TensorNames.TryLayer(name, UsualLayerPrefix, out int layer, out string rest)
            && LayerTensors.All.FirstOrDefault(tensor => tensor.Role == TensorRole.Matrix && tensor.HuggingFace == rest) is { } matrix
            ? TensorNames.OfLayer(layer, matrix.Stored) : null,
    };

    /// <summary>The name in a Hugging Face checkpoint of a layer's tensor.</summary>
    public static string HuggingFaceName(ModelFamily family, int layer, LayerTensor tensor) =>
        string.Create(CultureInfo.InvariantCulture, $"{family.LayerPrefix}{layer}.{family.NameOf(tensor)}");

    private static Dictionary<string, LayerTensor[]> Named(
        ModelShape shape, System.Func<LayerTensor, string> nameOf, IEnumerable<(string Name, IReadOnlyList<LayerTensor> Parts)> fused)
    {
        Dictionary<string, LayerTensor[]> names = LayerTensors.Of(shape).ToDictionary(nameOf, static tensor => new[] { tensor });
        foreach ((string name, IReadOnlyList<LayerTensor> parts) in fused)
        {
            if (((IModelSizes)shape).Has(parts[0].When))
                names[name] = [.. parts];
        }

        return names;
    }
}
