using System.Collections.Generic;
using System.Linq;
using Llamalith.Checkpoints;

namespace Llamalith.Contracts;

/// <summary>
/// Every hyperparameter of <see cref="ModelShape"/>, in the order in which people write them. Whatever reads, writes, compares or shows
/// hyperparameters walks this list.
/// </summary>
public static class ShapeProperties
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ShapeProperty> All { get; } =
    [
        new ShapeProperty<int>(
            nameof(ModelShape.Dim), static shape => shape.Dim, static (shape, value) => shape with { Dim = value ?? 0 })
        {
            Gguf = "embedding_length", HuggingFace = "hidden_size", Llama2c = "dim",
        },
        new ShapeProperty<int>(
            nameof(ModelShape.FfnDim), static shape => shape.FfnDim, static (shape, value) => shape with { FfnDim = value ?? 0 })
        {
            Gguf = "feed_forward_length", HuggingFace = "intermediate_size", Llama2c = "hidden_dim",
        },
        new ShapeProperty<int>(
            nameof(ModelShape.Layers), static shape => shape.Layers, static (shape, value) => shape with { Layers = value ?? 0 })
        {
            Gguf = "block_count", HuggingFace = "num_hidden_layers", Llama2c = "n_layers",
        },
        new ShapeProperty<int>(
            nameof(ModelShape.Heads), static shape => shape.Heads, static (shape, value) => shape with { Heads = value ?? 0 })
        {
            Gguf = "attention.head_count", HuggingFace = "num_attention_heads", Llama2c = "n_heads",
        },
        new ShapeProperty<int>(
            nameof(ModelShape.KvHeads), static shape => shape.KvHeads, static (shape, value) => shape with { KvHeads = value ?? 0 })
        {
            Gguf = "attention.head_count_kv", HuggingFace = "num_key_value_heads", Llama2c = "n_kv_heads",
            Default = static shape => shape.Heads,
        },
        new ShapeProperty<int>(
            nameof(ModelShape.HeadDim), static shape => shape.HeadDim, static (shape, value) => shape with { HeadDim = value ?? 0 })
        {
            Gguf = "attention.key_length", HuggingFace = "head_dim", Llama2c = "dim / n_heads",
            Default = static shape => shape.Heads > 0 && shape.Dim % shape.Heads == 0 ? shape.Dim / shape.Heads : null,
        },
        new ShapeProperty<int>(
            nameof(ModelShape.VocabSize), static shape => shape.VocabSize, static (shape, value) => shape with { VocabSize = value ?? 0 })
        {
            Gguf = "vocab_size", HuggingFace = "vocab_size", Llama2c = "vocab_size",
        },
        new ShapeProperty<int>(
            nameof(ModelShape.Context), static shape => shape.Context, static (shape, value) => shape with { Context = value ?? 0 })
        {
            Gguf = "context_length", HuggingFace = "max_position_embeddings", Llama2c = "seq_len",
            Default = static _ => 4096, Tolerates = static (compiled, file) => compiled.Context <= file.Context,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.NormEps), static shape => shape.NormEps, static (shape, value) => shape with { NormEps = value })
        {
            Gguf = "attention.layer_norm_rms_epsilon", HuggingFace = "rms_norm_eps", Default = static _ => 1e-5,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.RopeTheta), static shape => shape.RopeTheta, static (shape, value) => shape with { RopeTheta = value })
        {
            Gguf = "rope.freq_base", HuggingFace = "rope_theta", Default = static _ => 10000.0,
        },
        new ShapeProperty<RopeScaling>(
            nameof(ModelShape.RopeScaling), static shape => shape.RopeScaling, static (shape, value) => shape with { RopeScaling = value })
        {
            InRope = true, Gguf = "rope.scaling.type", Default = static _ => RopeScaling.None,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.RopeScalingFactor),
            static shape => shape.RopeScalingFactor, static (shape, value) => shape with { RopeScalingFactor = value })
        {
            InRope = true, Gguf = "rope.scaling.factor", HuggingFace = "factor", Default = static _ => 8.0, Used = IsStretched,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.RopeScalingLowFrequencyFactor),
            static shape => shape.RopeScalingLowFrequencyFactor,
            static (shape, value) => shape with { RopeScalingLowFrequencyFactor = value })
        {
            InRope = true, Gguf = "rope.scaling.low_freq_factor", HuggingFace = "low_freq_factor", Used = IsLlama3,
            Default = static _ => Llama3Frequencies.UsualLowFrequencyFactor, Tolerates = Llama3Frequencies.AreSame,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.RopeScalingHighFrequencyFactor),
            static shape => shape.RopeScalingHighFrequencyFactor,
            static (shape, value) => shape with { RopeScalingHighFrequencyFactor = value })
        {
            InRope = true, Gguf = "rope.scaling.high_freq_factor", HuggingFace = "high_freq_factor", Used = IsLlama3,
            Default = static _ => Llama3Frequencies.UsualHighFrequencyFactor, Tolerates = Llama3Frequencies.AreSame,
        },
        new ShapeProperty<int>(
            nameof(ModelShape.RopeScalingOriginalContext),
            static shape => shape.RopeScalingOriginalContext, static (shape, value) => shape with { RopeScalingOriginalContext = value })
        {
            InRope = true, Gguf = "rope.scaling.original_context_length", HuggingFace = "original_max_position_embeddings", Used = IsLlama3,
            Default = static _ => Llama3Frequencies.UsualOriginalContext, Tolerates = Llama3Frequencies.AreSame,
        },
        new ShapeProperty<bool>(
            nameof(ModelShape.TiedEmbeddings),
            static shape => shape.TiedEmbeddings, static (shape, value) => shape with { TiedEmbeddings = value ?? false })
        {
            HuggingFace = "tie_word_embeddings", Llama2c = "shared_classifier", Default = static _ => false,
        },
        new ShapeProperty<int>(
            nameof(ModelShape.SlidingWindow),
            static shape => shape.SlidingWindow, static (shape, value) => shape with { SlidingWindow = value })
        {
            Gguf = "attention.sliding_window", HuggingFace = "sliding_window", Default = static _ => 0, Least = 0,
        },
        new ShapeProperty<bool>(
            nameof(ModelShape.QkvBias), static shape => shape.QkvBias, static (shape, value) => shape with { QkvBias = value })
        {
            HuggingFace = "attention_bias", Tensors = TensorCondition.QkvBias, Default = static _ => false,
        },
    ];

    /// <summary>A shape that says nothing yet.</summary>
    internal static ModelShape Nothing { get; } = new()
    {
        Dim = 0, FfnDim = 0, Layers = 0, Heads = 0, KvHeads = 0, HeadDim = 0, VocabSize = 0, Context = 0, TiedEmbeddings = false,
    };

    /// <summary>The hyperparameter of that name; null where there is none.</summary>
    internal static ShapeProperty? Find(string name) => All.FirstOrDefault(property => property.Name == name);

    /// <summary>The shape, and the defaults of what it does not say and its model uses.</summary>
    internal static ModelShape WithDefaults(ModelShape shape) => All
        .Where(property => property.IsUsedBy(shape) && property.ValueIn(shape) is null)
        .Aggregate(shape, static (result, property) => property.With(result, property.DefaultIn(result)));

    /// <summary>Whether a model has the tensors of a condition.</summary>
    internal static bool Has(ModelShape shape, TensorCondition condition) =>
        condition == TensorCondition.Always || All.First(property => property.Tensors == condition).ValueIn(shape) is true;

    private static bool IsStretched(ModelShape shape) => shape.RopeScaling is not (null or RopeScaling.None);

    private static bool IsLlama3(ModelShape shape) => shape.RopeScaling == RopeScaling.Llama3;
}
