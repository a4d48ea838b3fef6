using System;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
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

    // The layout of the block formats; there has been no other since GGUF began.
    private const uint QuantizationVersion = 2;

    /// <summary>Adds the mix of tensor types.</summary>
    public static void AddMix(GgufWriter writer, QuantizationPreset preset)
    {
        writer.Add(FileTypeKey, (uint)TensorMix.FileType(preset));
        writer.Add(QuantizationVersionKey, QuantizationVersion);
    }

    /// <summary>Adds a model's name and hyperparameters, and gives the order that heads have in files of its architecture.</summary>
    /// <exception cref="ModelMismatchException">There is no architecture by which a GGUF file could say all of them.</exception>
    public static RopeLayout AddShape(GgufWriter writer, ModelShape shape, string name)
    {
        ModelFamily family = ModelFamily.For(shape) ?? throw new ModelMismatchException(string.Create(
            CultureInfo.InvariantCulture,
            $"No architecture of GGUF has {string.Join(", ", ShapeProperties.All.Where(property => property.IsTrait && property.IsUnusual(shape))
                .Select(property => $"{property.Name} = {property.ValueIn(shape)}"))} together."));
        string architecture = family.Gguf;
        writer.Add("general.architecture", architecture);
        writer.Add("general.name", name);

        // A width of heads that follows is left out: old readers do not know the key.
        foreach (ShapeProperty property in ShapeProperties.All.Where(static property => property is { Gguf: not null, InRope: false }))
        {
            if (property.Name is not (nameof(ModelShape.HeadDim) or nameof(ModelShape.RotaryDim)) && !(property.IsTrait && !property.IsUnusual(shape)))
                Add(property);
        }

        if (shape.LayerPattern is { Length: > 0 } pattern && family.StatesLayers)
        {
            bool[] local = [.. Enumerable.Range(0, shape.Layers).Select(layer => pattern[layer % pattern.Length] == LayerKinds.Local)];
            writer.Add($"{architecture}.attention.sliding_window_pattern", GgufArrayContent.Of(local));
        }

        Count("rope.dimension_count", shape.Rotated);
        if ((long)shape.HeadDim * shape.Heads != shape.Dim)
        {
            Count("attention.key_length", shape.HeadDim);
            Count("attention.value_length", shape.HeadDim);
        }

        if (shape.RopeScaling == RopeScaling.Linear)
        {
            writer.Add($"{architecture}.rope.scaling.type", "linear");
            Real("rope.scaling.factor", shape.RopeScalingFactor ?? 1);
        }

        // Beside the divisors, which others read and which say the factor: few pairs do not fix the rule that they follow.
        if (shape.RopeScaling == RopeScaling.Llama3)
        {
            Add(ShapeProperties.Find(nameof(ModelShape.RopeScalingLowFrequencyFactor))!);
            Add(ShapeProperties.Find(nameof(ModelShape.RopeScalingHighFrequencyFactor))!);
            Add(ShapeProperties.Find(nameof(ModelShape.RopeScalingOriginalContext))!);
        }

        if (shape.RopeScaling == RopeScaling.Yarn)
        {
            writer.Add($"{architecture}.rope.scaling.type", "yarn");
            foreach (ShapeProperty property in ShapeProperties.All.Where(property => property is { InRope: true } && property.IsUsedBy(shape)))
            {
                if (!property.IsTrait || property.IsUnusual(shape))
                    Add(property);
            }
        }

        if (shape.RopeScaling == RopeScaling.LongRope)
        {
            Add(ShapeProperties.Find(nameof(ModelShape.RopeScalingOriginalContext))!);
            Real(LongRope.AttentionFactor, shape.RopeScalingAttentionFactor ?? 1);
        }

        return family.GgufLayout;

        void Add(ShapeProperty property)
        {
            switch (property.ValueIn(shape) ?? property.DefaultIn(shape))
            {
                // None of something is said by leaving it out.
                case int and not 0 and var value:
                    Count(property.Gguf!, value);
                    break;
                case double value:
                    Real(property.Gguf!, value);
                    break;
            }
        }

        void Count(string key, int value) => writer.Add($"{architecture}.{key}", (uint)value);
        void Real(string key, double value) => writer.Add($"{architecture}.{key}", (float)value);
    }

    /// <summary>Adds the tensors that say how rotary frequencies are stretched, where any do.</summary>
    public static void AddRopeTensors(GgufWriter writer, ModelShape shape)
    {
        switch (shape.RopeScaling)
        {
            case RopeScaling.Llama3:
                Vector(RopeDivisors, Llama3Frequencies.Divisors(shape));
                break;
            case RopeScaling.LongRope:
                Vector(LongRope.LongFactors, Numbers(shape.RopeScalingLongFactors));
                Vector(LongRope.ShortFactors, Numbers(shape.RopeScalingShortFactors));
                break;
        }

        static float[] Numbers(string? text) => Array.ConvertAll(NumberList.Parse(text ?? "") ?? [], static number => (float)number);

        void Vector(string name, float[] numbers)
        {
            byte[] bytes = MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
            writer.AddTensor(name, TensorType.F32, 1, numbers.Length, stream => stream.Write(bytes));
        }
    }

    /// <summary>Adds a tokenizer.</summary>
    /// <exception cref="ModelMismatchException">It has another number of tokens than the model.</exception>
    public static void AddTokenizer(GgufWriter writer, GgufTokenizerMetadata tokenizer, int vocabSize)
    {
        if (tokenizer.Tokens.Length != vocabSize)
        {
            throw new ModelMismatchException(
                $"The tokenizer has {tokenizer.Tokens.Length} tokens, but the model has VocabSize = {vocabSize}.");
        }

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
        Id("eom_token_id", tokenizer.EomId);
        Id("unknown_token_id", tokenizer.UnknownId);
        Id("padding_token_id", tokenizer.PaddingId);
        Flag("add_bos_token", tokenizer.AddBos);
        Flag("add_eos_token", tokenizer.AddEos);
        Flag("add_space_prefix", tokenizer.AddSpacePrefix);
        Flag("remove_extra_whitespaces", tokenizer.RemoveExtraWhitespaces);
        tokenizer.Extras.Write(writer);
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
