using System;
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
            InRope = true, Gguf = "rope.scaling.original_context_length", HuggingFace = "original_max_position_embeddings",
            Used = static shape => shape.RopeScaling is RopeScaling.Llama3 or RopeScaling.Yarn or RopeScaling.LongRope,
            Default = static _ => Llama3Frequencies.UsualOriginalContext, Tolerates = Llama3Frequencies.AreSame,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.RopeScalingBetaFast),
            static shape => shape.RopeScalingBetaFast, static (shape, value) => shape with { RopeScalingBetaFast = value })
        {
            InRope = true, IsTrait = true, Gguf = "rope.scaling.yarn_beta_fast", HuggingFace = "beta_fast", Used = IsYarn,
            Default = static _ => 32.0,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.RopeScalingBetaSlow),
            static shape => shape.RopeScalingBetaSlow, static (shape, value) => shape with { RopeScalingBetaSlow = value })
        {
            InRope = true, IsTrait = true, Gguf = "rope.scaling.yarn_beta_slow", HuggingFace = "beta_slow", Used = IsYarn,
            Default = static _ => 1.0,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.RopeScalingAttentionFactor),
            static shape => shape.RopeScalingAttentionFactor, static (shape, value) => shape with { RopeScalingAttentionFactor = value })
        {
            InRope = true, IsTrait = true, Gguf = "rope.scaling.yarn_attn_factor", HuggingFace = "attention_factor",
            Used = static shape => shape.RopeScaling is RopeScaling.Yarn or RopeScaling.LongRope, Default = static _ => 0.0, Least = 0,
        },
        new ShapeText(
            nameof(ModelShape.RopeScalingShortFactors),
            static shape => shape.RopeScalingShortFactors, static (shape, value) => shape with { RopeScalingShortFactors = value })
        {
            InRope = true, IsTrait = true, HuggingFace = "short_factor", Used = IsLongRope, Default = static _ => "",
        },
        new ShapeText(
            nameof(ModelShape.RopeScalingLongFactors),
            static shape => shape.RopeScalingLongFactors, static (shape, value) => shape with { RopeScalingLongFactors = value })
        {
            InRope = true, IsTrait = true, HuggingFace = "long_factor", Used = IsLongRope, Default = static _ => "",
        },
        new ShapeText(
            nameof(ModelShape.LayerPattern), static shape => shape.LayerPattern, static (shape, value) => shape with { LayerPattern = value })
        {
            IsTrait = true, HuggingFace = "layer_types", Default = static _ => "",
        },
        new ShapeProperty<double>(
            nameof(ModelShape.RopeThetaLocal),
            static shape => shape.RopeThetaLocal, static (shape, value) => shape with { RopeThetaLocal = value })
        {
            IsTrait = true, Gguf = "rope.freq_base_swa", HuggingFace = "rope_local_base_freq", Default = static _ => 0.0, Least = 0,
        },
        new ShapeProperty<int>(
            nameof(ModelShape.RotaryDim), static shape => shape.RotaryDim, static (shape, value) => shape with { RotaryDim = value })
        {
            IsTrait = true, Gguf = "rope.dimension_count", HuggingFace = "partial_rotary_factor", Default = static _ => 0, Least = 0,
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
        new ShapeProperty<NormPlacement>(
            nameof(ModelShape.NormPlacement),
            static shape => shape.NormPlacement, static (shape, value) => shape with { NormPlacement = value })
        {
            IsTrait = true, Default = static _ => NormPlacement.Before,
        },
        new ShapeProperty<QkNorm>(
            nameof(ModelShape.QkNorm), static shape => shape.QkNorm, static (shape, value) => shape with { QkNorm = value })
        {
            IsTrait = true, Default = static _ => QkNorm.None,
        },
        new ShapeProperty<Activation>(
            nameof(ModelShape.Activation), static shape => shape.Activation, static (shape, value) => shape with { Activation = value })
        {
            IsTrait = true, HuggingFace = "hidden_act", Default = static _ => Activation.Silu,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.EmbeddingScale),
            static shape => shape.EmbeddingScale, static (shape, value) => shape with { EmbeddingScale = value })
        {
            IsTrait = true, Gguf = "embedding_scale", HuggingFace = "embedding_multiplier", Default = static _ => 1.0,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.ResidualScale),
            static shape => shape.ResidualScale, static (shape, value) => shape with { ResidualScale = value })
        {
            IsTrait = true, Gguf = "residual_scale", HuggingFace = "residual_multiplier", Default = static _ => 1.0,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.AttentionScale),
            static shape => shape.AttentionScale, static (shape, value) => shape with { AttentionScale = value })
        {
            IsTrait = true, Gguf = "attention.scale", HuggingFace = "attention_multiplier", Default = static _ => 0.0, Least = 0,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.AttentionSoftCap),
            static shape => shape.AttentionSoftCap, static (shape, value) => shape with { AttentionSoftCap = value })
        {
            IsTrait = true, Gguf = "attn_logit_softcapping", HuggingFace = "attn_logit_softcapping", Default = static _ => 0.0, Least = 0,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.AttentionTemperature),
            static shape => shape.AttentionTemperature, static (shape, value) => shape with { AttentionTemperature = value })
        {
            IsTrait = true, Gguf = "attention.temperature_scale", HuggingFace = "llama_4_scaling_beta", Default = static _ => 0.0, Least = 0,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.LogitSoftCap), static shape => shape.LogitSoftCap, static (shape, value) => shape with { LogitSoftCap = value })
        {
            IsTrait = true, Gguf = "final_logit_softcapping", HuggingFace = "final_logit_softcapping", Default = static _ => 0.0, Least = 0,
        },
        new ShapeProperty<double>(
            nameof(ModelShape.LogitScale), static shape => shape.LogitScale, static (shape, value) => shape with { LogitScale = value })
        {
            IsTrait = true, Gguf = "logit_scale", HuggingFace = "logits_scaling", Default = static _ => 1.0,
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
    internal static bool Has(ModelShape shape, TensorCondition condition) => condition switch
    {
        TensorCondition.Always => true,
        TensorCondition.QkHeadNorm => shape.QkNorm == QkNorm.Head,
        TensorCondition.QkProjectionNorm => shape.QkNorm == QkNorm.Projection,
        TensorCondition.NormBefore => shape.NormPlacement != NormPlacement.After,
        TensorCondition.NormAfter => shape.NormPlacement is NormPlacement.After or NormPlacement.Both,
        _ => All.First(property => property.Tensors == condition).ValueIn(shape) is true,
    };

    /// <summary>
    /// The shape without what it says of few models' traits where that is what most have, so that shapes of one model are equal whatever file
    /// they come from.
    /// </summary>
    internal static ModelShape Plain(ModelShape shape)
    {
        if (shape.AttentionScale is { } scale && ShapeProperty.Same(scale, 1 / Math.Sqrt(shape.HeadDim)))
            shape = shape with { AttentionScale = null };
        shape = LayerKinds.Plain(shape);
        if (shape.RotaryDim == shape.HeadDim)
            shape = shape with { RotaryDim = null };
        double usual = shape.RopeScaling == RopeScaling.LongRope ? 1 : Yarn.AttentionFactor(shape.RopeScalingFactor ?? 1);
        if (shape.RopeScalingAttentionFactor is { } factor && ShapeProperty.Same(factor, usual))
            shape = shape with { RopeScalingAttentionFactor = null };
        return All.Where(property => property.IsTrait && !(property.IsUsedBy(shape) && property.IsUnusual(shape)))
            .Aggregate(shape, static (result, property) => property.With(result, null));
    }

    private static bool IsStretched(ModelShape shape) => shape.RopeScaling is not (null or RopeScaling.None or RopeScaling.LongRope);

    private static bool IsLongRope(ModelShape shape) => shape.RopeScaling == RopeScaling.LongRope;

    private static bool IsYarn(ModelShape shape) => shape.RopeScaling == RopeScaling.Yarn;

    private static bool IsLlama3(ModelShape shape) => shape.RopeScaling == RopeScaling.Llama3;
}
