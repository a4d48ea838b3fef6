using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Reference;
using Llamalith.Tools;

namespace Llamalith.Tests;

/// <summary>One tiny model with random weights in every file format that the tool opens.</summary>
internal static class TinyModels
{
    private const int BytePieces = 256;
    private const int FirstOrdinary = 3 + BytePieces;

    /// <summary>
    /// Two layers with grouped-query attention, and the hyperparameters that a llama2.c file cannot say at their defaults.
    /// </summary>
    public static ModelShape Shape { get; } = new()
    {
        Dim = 64,
        FfnDim = 96,
        Layers = 2,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 16,
        VocabSize = 300,
        Context = 128,
        TiedEmbeddings = false,
        NormEps = 1e-5,
        RopeTheta = 10000,
        RopeScaling = RopeScaling.None,
        SlidingWindow = 0,
        QkvBias = false,
    };

    /// <summary>Bytes, the space, letters, and some pairs of them.</summary>
    public static GgufTokenizerMetadata Tokenizer { get; } = new()
    {
        Model = "llama",
        Tokens =
        [
            "<unk>", "<s>", "</s>",
            .. Enumerable.Range(0, BytePieces).Select(i => FormattableString.Invariant($"<0x{i:X2}>")),
            "\u2581",
            .. Enumerable.Range(0, Shape.VocabSize - FirstOrdinary - 1).Select(i => $"{(char)('a' + (i % 26))}{(i < 26 ? "" : "e")}"),
        ],
        Scores = [.. Enumerable.Range(0, Shape.VocabSize).Select(i => (float)-i)],
        TokenTypes = [.. Enumerable.Range(0, Shape.VocabSize).Select(i => i == 0 ? 2 : i < 3 ? 3 : i < FirstOrdinary ? 6 : 1)],
        BosId = 1,
        EosId = 2,
        UnknownId = 0,
    };

    /// <summary>A GGUF file; a bare one has no tokenizer.</summary>
    public static string WriteGguf(string path, QuantizationPreset preset = QuantizationPreset.F32, ModelShape? shape = null,
        GgufTokenizerMetadata? tokenizer = null, bool bare = false)
    {
        RandomModel.Write(path, shape ?? Shape, preset, new RandomModelOptions { Tokenizer = bare ? null : tokenizer ?? Tokenizer,
            StandardDeviation = 0.2, Threads = 1, Name = "tiny" });
        return path;
    }

    /// <summary>A GGUF file with one matrix of a type that nothing here knows.</summary>
    public static string WriteStrange(string path)
    {
        const int StrangeType = 1234;
        byte[] file = File.ReadAllBytes(WriteGguf(path));
        byte[] name = Encoding.UTF8.GetBytes(TensorNames.OfLayer(1, LayerNames.Up));

        // Behind a tensor's name: its number of dimensions (32 bits), the two dimensions (64 bits each), its type (32 bits).
        int type = file.AsSpan().IndexOf(name) + name.Length + sizeof(int) + (2 * sizeof(long));
        BitConverter.TryWriteBytes(file.AsSpan(type), StrangeType);
        File.WriteAllBytes(path, file);
        return path;
    }

    /// <summary>
    /// A GGUF file with the matrices of a type for which there are no kernels. Each block has its largest number, so that 8 bits hold it
    /// exactly.
    /// </summary>
    public static string WriteNonlinear(string path)
    {
        const int BlockBytes = 18;
        using Checkpoint floats = Checkpoint.Open(WriteGguf(path + ".f32"));
        using GgufFile source = GgufFile.Open(floats.Path);
        Random random = new(5);
        GgufWriter writer = new();
        foreach (string key in source.Metadata.Keys)
        {
            Assert.True(source.Metadata.TryGetValue(key, out GgufValue value));
            writer.Add(key, value);
        }

        foreach (GgufTensor tensor in source.Tensors)
        {
            byte[] bytes = BytesOf(source.View(tensor));
            if (tensor.Rows > 1)
            {
                bytes = new byte[TensorTypes.ByteLength(TensorType.IQ4_NL, tensor.Rows, tensor.Columns)];
                random.NextBytes(bytes);
                for (int block = 0; block < bytes.Length; block += BlockBytes)
                {
                    BitConverter.TryWriteBytes(bytes.AsSpan(block), (Half)0.003f);
                    bytes[block + 2] &= 0xF0;
                }
            }

            writer.AddTensor(tensor.Name, tensor.Rows > 1 ? TensorType.IQ4_NL : tensor.Type!.Value, tensor.Dimensions.AsSpan(),
                stream => stream.Write(bytes));
        }

        writer.Write(path);
        return path;
    }

    private static unsafe byte[] BytesOf(TensorView tensor) => new ReadOnlySpan<byte>(tensor.Data, (int)tensor.ByteLength).ToArray();

    /// <summary>llama2.c's checkpoint with the weights of a GGUF file of floats, and its tokenizer.bin beside it.</summary>
    public static string WriteLlama2c(string path, string gguf)
    {
        using Checkpoint source = Checkpoint.Open(gguf);
        Llama2cExport.Write(source, path);
        WriteTokenizerBin(Path.Combine(Path.GetDirectoryName(path)!, "tokenizer.bin"));
        return path;
    }

    /// <summary>A Hugging Face folder with the weights of a GGUF file of floats, and a tokenizer.bin.</summary>
    public static string WriteSafetensors(string folder, string gguf, string kind = "llama")
    {
        Directory.CreateDirectory(folder);
        using Checkpoint source = Checkpoint.Open(gguf);
        ModelShape shape = source.Shape;
        Dictionary<string, object> config = new()
        {
            ["model_type"] = kind,
            ["hidden_size"] = shape.Dim,
            ["intermediate_size"] = shape.FfnDim,
            ["num_hidden_layers"] = shape.Layers,
            ["num_attention_heads"] = shape.Heads,
            ["num_key_value_heads"] = shape.KvHeads,
            ["vocab_size"] = shape.VocabSize,
            ["max_position_embeddings"] = shape.Context,
            ["rms_norm_eps"] = shape.NormEps ?? 1e-5,
            ["rope_theta"] = shape.RopeTheta ?? 10000.0,
            ["tie_word_embeddings"] = shape.TiedEmbeddings,
        };
        if (shape.HeadDim * shape.Heads != shape.Dim)
            config["head_dim"] = shape.HeadDim;
        if (shape.SlidingWindow is > 0 and { } window)
            config["sliding_window"] = window;
        if (shape.RopeScaling == RopeScaling.Llama3)
        {
            config["rope_scaling"] = new Dictionary<string, object?>
            {
                ["rope_type"] = "llama3",
                ["factor"] = shape.RopeScalingFactor,
                ["low_freq_factor"] = shape.RopeScalingLowFrequencyFactor,
                ["high_freq_factor"] = shape.RopeScalingHighFrequencyFactor,
                ["original_max_position_embeddings"] = shape.RopeScalingOriginalContext,
            };
        }

        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(config));

        using MemoryStream body = new();
        Dictionary<string, object> header = [];
        foreach (string name in source.CanonicalNames)
        {
            TensorView tensor = Tensor(source, name);
            long start = body.Length;
            foreach (float[] values in HalfSplitRows(tensor, name, shape.HeadDim))
                body.Write(MemoryMarshal.AsBytes(values.AsSpan()));

            long[] sizes = tensor.Rows == 1 ? [tensor.Columns] : [tensor.Rows, tensor.Columns];
            header.Add(HuggingFaceName(name), new { dtype = "F32", shape = sizes, data_offsets = (long[])[start, body.Length] });
        }

        byte[] text = JsonSerializer.SerializeToUtf8Bytes(header);
        using FileStream file = File.Create(Path.Combine(folder, "model.safetensors"));
        file.Write(BitConverter.GetBytes((long)text.Length));
        file.Write(text);
        body.WriteTo(file);
        WriteTokenizerBin(Path.Combine(folder, "tokenizer.bin"));
        return folder;
    }

    /// <summary>A GGUF file of floats as one of the architecture qwen2, which turns the halves of a head.</summary>
    public static string WriteQwen2Gguf(string path, string gguf)
    {
        using GgufFile source = GgufFile.Open(gguf);
        using Checkpoint checkpoint = Checkpoint.Open(gguf);
        GgufWriter writer = new();
        foreach (string key in source.Metadata.Keys)
        {
            source.Metadata.TryGetValue(key, out GgufValue value);
            if (key == "general.architecture")
                writer.Add(key, "qwen2");
            else
                writer.Add(key.StartsWith("llama.", StringComparison.Ordinal) ? "qwen2." + key["llama.".Length..] : key, value);
        }

        foreach (GgufTensor tensor in source.Tensors)
        {
            TensorView view = Tensor(checkpoint, tensor.Name);
            writer.AddTensor(tensor.Name, TensorType.F32, tensor.Dimensions.AsSpan(), stream =>
            {
                foreach (float[] values in HalfSplitRows(view, tensor.Name, checkpoint.Shape.HeadDim))
                    stream.Write(MemoryMarshal.AsBytes(values.AsSpan()));
            });
        }

        writer.Write(path);
        return path;
    }

    /// <summary>The tokenizer as llama2.c has it; where a larger size is asked for, with more tokens behind.</summary>
    public static string WriteTokenizerBin(string path, int size = 0)
    {
        string[] tokens = [.. Tokenizer.Tokens,
            .. Enumerable.Range(0, Math.Max(0, size - Tokenizer.Tokens.Length)).Select(i => FormattableString.Invariant($"more{i}"))];
        using BinaryWriter file = new(File.Create(path));
        file.Write(tokens.Max(token => Encoding.UTF8.GetByteCount(token)));
        for (int id = 0; id < tokens.Length; id++)
        {
            byte[] name = Encoding.UTF8.GetBytes(tokens[id].Replace('\u2581', ' '));
            file.Write((float)-id);
            file.Write(name.Length);
            file.Write(name);
        }

        return path;
    }

    private static TensorView Tensor(Checkpoint source, string name)
    {
        Assert.True(source.TryGetTensor(name, out TensorView tensor), name);
        return tensor;
    }

    // The rows of a tensor of an interleaved model as a half-split one has them; of a bias, which is one row, its numbers.
    private static IEnumerable<float[]> HalfSplitRows(TensorView tensor, string name, int headDim)
    {
        string last = name.Split('.', 3)[^1];
        for (long row = 0; row < tensor.Rows; row++)
        {
            float[] values = new float[tensor.Columns];
            BlockFormats.DequantizeRow(tensor, last is LayerNames.Query or LayerNames.Key ? HalfSplit(row, headDim) : row, values);
            yield return last is LayerNames.QueryBias or LayerNames.KeyBias
                ? [.. values.Select((_, i) => values[HalfSplit(i, headDim)])] : values;
        }
    }

    // Where the row of a half-split projection lies in the interleaved one: element i of the first half is element 2i, of the second 2i +
    // 1.
    private static long HalfSplit(long row, int headDim)
    {
        long within = row % headDim;
        return row - within + (within % (headDim / 2) * 2) + (within / (headDim / 2));
    }

    private static string HuggingFaceName(string name)
    {
        string[] parts = name.Split('.', 3);
        if (parts[0] != "blk")
            return name switch
            {
                TensorNames.TokenEmbedding => "model.embed_tokens.weight",
                TensorNames.FinalNorm => "model.norm.weight",
                _ => "lm_head.weight",
            };
        return $"model.layers.{parts[1]}." + parts[2] switch
        {
            LayerNames.AttentionNorm => "input_layernorm.weight",
            LayerNames.Query => "self_attn.q_proj.weight",
            LayerNames.Key => "self_attn.k_proj.weight",
            LayerNames.Value => "self_attn.v_proj.weight",
            LayerNames.QueryBias => "self_attn.q_proj.bias",
            LayerNames.KeyBias => "self_attn.k_proj.bias",
            LayerNames.ValueBias => "self_attn.v_proj.bias",
            LayerNames.AttentionOutput => "self_attn.o_proj.weight",
            LayerNames.FfnNorm => "post_attention_layernorm.weight",
            LayerNames.Gate => "mlp.gate_proj.weight",
            LayerNames.Up => "mlp.up_proj.weight",
            _ => "mlp.down_proj.weight",
        };
    }
}
