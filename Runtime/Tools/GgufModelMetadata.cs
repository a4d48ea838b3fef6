using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;

namespace Llamalith.Tools;

/// <summary>What a GGUF file of a Llama model says about itself.</summary>
internal static class GgufModelMetadata
{
    public const string FileTypeKey = "general.file_type";
    public const string QuantizationVersionKey = "general.quantization_version";

    /// <summary>The tensor that stretches rotary frequencies Llama 3's way: the divisor of each.</summary>
    public const string RopeDivisors = "rope_freqs.weight";

    private const string Architecture = "llama";
    private const double DefaultNormEps = 1e-5, DefaultRopeTheta = 10000;

    // The layout of the block formats; there has been no other since GGUF began.
    private const uint QuantizationVersion = 2;

    /// <summary>Adds the mix of tensor types.</summary>
    public static void AddMix(GgufWriter writer, QuantizationPreset preset)
    {
        writer.Add(FileTypeKey, (uint)TensorMix.FileType(preset));
        writer.Add(QuantizationVersionKey, QuantizationVersion);
    }

    /// <summary>Adds a model's name and hyperparameters.</summary>
    public static void AddShape(GgufWriter writer, ModelShape shape, string name)
    {
        writer.Add("general.architecture", Architecture);
        writer.Add("general.name", name);
        Count("context_length", shape.Context);
        Count("embedding_length", shape.Dim);
        Count("block_count", shape.Layers);
        Count("feed_forward_length", shape.FfnDim);
        Count("attention.head_count", shape.Heads);
        Count("attention.head_count_kv", shape.KvHeads);
        Count("vocab_size", shape.VocabSize);
        Count("rope.dimension_count", shape.HeadDim);
        if ((long)shape.HeadDim * shape.Heads != shape.Dim)
        {
            Count("attention.key_length", shape.HeadDim);
            Count("attention.value_length", shape.HeadDim);
        }

        Real("attention.layer_norm_rms_epsilon", shape.NormEps ?? DefaultNormEps);
        Real("rope.freq_base", shape.RopeTheta ?? DefaultRopeTheta);
        if (shape.SlidingWindow is > 0 and { } window)
            Count("attention.sliding_window", window);
        if (shape.RopeScaling == RopeScaling.Linear)
        {
            writer.Add($"{Architecture}.rope.scaling.type", "linear");
            Real("rope.scaling.factor", shape.RopeScalingFactor ?? 1);
        }

        // Beside the divisors, which others read: few pairs do not fix the rule that they follow.
        if (shape.RopeScaling == RopeScaling.Llama3)
        {
            Real("rope.scaling.low_freq_factor", shape.RopeScalingLowFrequencyFactor ?? Llama3Frequencies.UsualLowFrequencyFactor);
            Real("rope.scaling.high_freq_factor", shape.RopeScalingHighFrequencyFactor ?? Llama3Frequencies.UsualHighFrequencyFactor);
            Count("rope.scaling.original_context_length", shape.RopeScalingOriginalContext ?? Llama3Frequencies.UsualOriginalContext);
        }

        void Count(string key, int value) => writer.Add($"{Architecture}.{key}", (uint)value);
        void Real(string key, double value) => writer.Add($"{Architecture}.{key}", (float)value);
    }

    /// <summary>Adds a tokenizer.</summary>
    /// <exception cref="ModelMismatchException">It has another number of tokens than the model.</exception>
    public static void AddTokenizer(GgufWriter writer, GgufTokenizerMetadata tokenizer, int vocabSize)
    {
        if (tokenizer.Tokens.Length != vocabSize)
            throw new ModelMismatchException($"The tokenizer has {tokenizer.Tokens.Length} tokens, but the model has VocabSize = {vocabSize}.");
        const string Prefix = "tokenizer.ggml.";
        writer.Add(Prefix + "model", tokenizer.Model);
        if (tokenizer.Pre is { } pre)
            writer.Add(Prefix + "pre", pre);
        writer.Add(Prefix + "tokens", GgufArrayContent.Of(tokenizer.Tokens.AsEnumerable()));
        if (!tokenizer.Scores.IsDefaultOrEmpty)
            writer.Add(Prefix + "scores", GgufArrayContent.Of(tokenizer.Scores.AsSpan()));
        if (!tokenizer.TokenTypes.IsDefaultOrEmpty)
            writer.Add(Prefix + "token_type", GgufArrayContent.Of(tokenizer.TokenTypes.AsSpan()));
        if (!tokenizer.Merges.IsDefaultOrEmpty)
            writer.Add(Prefix + "merges", GgufArrayContent.Of(tokenizer.Merges.AsEnumerable()));
        Id("bos_token_id", tokenizer.BosId);
        Id("eos_token_id", tokenizer.EosId);
        Id("eot_token_id", tokenizer.EotId);
        Id("unknown_token_id", tokenizer.UnknownId);
        Id("padding_token_id", tokenizer.PaddingId);
        Flag("add_bos_token", tokenizer.AddBos);
        Flag("add_eos_token", tokenizer.AddEos);
        Flag("add_space_prefix", tokenizer.AddSpacePrefix);
        if (tokenizer.ChatTemplate is { } template)
            writer.Add("tokenizer.chat_template", template);

        void Id(string key, int? value)
        {
            if (value is { } id)
                writer.Add(Prefix + key, (uint)id);
        }

        void Flag(string key, bool? value)
        {
            if (value is { } flag)
                writer.Add(Prefix + key, flag);
        }
    }
}
