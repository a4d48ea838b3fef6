using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Reference;

namespace Llamalith.Tests;

/// <summary>Small F32 GGUF files of llama models.</summary>
internal static class GgufFiles
{
    private const int BytePieces = 256;
    private const int FirstOrdinary = 3 + BytePieces;

    /// <summary>The shape of <see cref="WriteRandom"/>'s model: two layers with grouped-query attention.</summary>
    public static ModelShape RandomShape { get; } = new()
    {
        Dim = 128,
        FfnDim = 160,
        Layers = 2,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 32,
        VocabSize = 300,
        Context = 256,
        TiedEmbeddings = false,
        NormEps = 1e-5,
    };

    /// <summary>A model with random weights and a vocabulary of bytes and pairs of letters.</summary>
    public static string WriteRandom(string path)
    {
        ModelShape shape = RandomShape;
        List<string> pieces = FirstPieces();
        for (int i = pieces.Count; i < shape.VocabSize; i++)
            pieces.Add($"{(char)('a' + (i % 26))}{(char)('a' + (i / 26 % 26))}");

        GgufWriter file = Begin(shape, pieces, new float[shape.VocabSize]);
        Random random = new(42);
        Matrix(TensorNames.TokenEmbedding, shape.VocabSize, shape.Dim);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            Ones(TensorNames.OfLayer(layer, LayerNames.AttentionNorm));
            Matrix(TensorNames.OfLayer(layer, LayerNames.Query), shape.QueryDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.Key), shape.KvDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.Value), shape.KvDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.AttentionOutput), shape.Dim, shape.QueryDim);
            Ones(TensorNames.OfLayer(layer, LayerNames.FfnNorm));
            Matrix(TensorNames.OfLayer(layer, LayerNames.Gate), shape.FfnDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.Up), shape.FfnDim, shape.Dim);
            Matrix(TensorNames.OfLayer(layer, LayerNames.Down), shape.Dim, shape.FfnDim);
        }

        Ones(TensorNames.FinalNorm);
        Matrix(TensorNames.Classifier, shape.VocabSize, shape.Dim);
        file.Write(path);
        return path;

        void Ones(string name) => Add(file, name, 1, [.. Enumerable.Repeat(1f, shape.Dim)]);

        void Matrix(string name, int rows, int columns) =>
            Add(file, name, rows, [.. Enumerable.Range(0, rows * columns).Select(_ => (random.NextSingle() - 0.5f) * 0.4f)]);
    }

    /// <summary>A checkpoint of whatever format with llama2.c's tokenizer, as one GGUF file.</summary>
    public static unsafe string WriteFrom(string path, Checkpoint checkpoint, string tokenizer)
    {
        (List<string> pieces, float[] scores) = ReadTokenizer(tokenizer, checkpoint.Shape.VocabSize);
        GgufWriter file = Begin(checkpoint.Shape, pieces, scores);
        foreach (string name in checkpoint.CanonicalNames)
        {
            if (checkpoint.TryGetTensor(name, out TensorView tensor))
                Add(file, name, tensor.Rows, new ReadOnlySpan<float>(tensor.Data, (int)(tensor.Rows * tensor.Columns)).ToArray());
        }

        file.Write(path);
        return path;
    }

    private static GgufWriter Begin(ModelShape shape, List<string> pieces, float[] scores)
    {
        const int Normal = 1, Unknown = 2, Control = 3, Byte = 6;
        GgufWriter file = new();
        file.Add("general.architecture", "llama");
        file.Add("llama.context_length", (uint)shape.Context);
        file.Add("llama.embedding_length", (uint)shape.Dim);
        file.Add("llama.block_count", (uint)shape.Layers);
        file.Add("llama.feed_forward_length", (uint)shape.FfnDim);
        file.Add("llama.attention.head_count", (uint)shape.Heads);
        file.Add("llama.attention.head_count_kv", (uint)shape.KvHeads);
        file.Add("llama.attention.layer_norm_rms_epsilon", (float)(shape.NormEps ?? 1e-5));
        file.Add("llama.rope.dimension_count", (uint)shape.HeadDim);
        file.Add("tokenizer.ggml.model", "llama");
        file.Add("tokenizer.ggml.bos_token_id", 1u);
        file.Add("tokenizer.ggml.eos_token_id", 2u);
        file.Add("tokenizer.ggml.unknown_token_id", 0u);
        file.Add("tokenizer.ggml.tokens", GgufArrayContent.Of(pieces));
        file.Add("tokenizer.ggml.scores", GgufArrayContent.Of(scores));
        file.Add("tokenizer.ggml.token_type", GgufArrayContent.Of(
            [.. Enumerable.Range(0, pieces.Count).Select(i => i == 0 ? Unknown : i < 3 ? Control : i < FirstOrdinary ? Byte : Normal)]));
        return file;
    }

    private static void Add(GgufWriter file, string name, long rows, float[] values) =>
        file.AddTensor(name, TensorType.F32, rows, values.Length / rows, stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan())));

    private static List<string> FirstPieces() =>
        ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, BytePieces).Select(i => FormattableString.Invariant($"<0x{i:X2}>"))];

    private static (List<string> Pieces, float[] Scores) ReadTokenizer(string path, int size)
    {
        using BinaryReader reader = new(File.OpenRead(path));
        reader.ReadInt32();
        List<string> pieces = [];
        List<float> scores = [];
        for (int i = 0; i < size; i++)
        {
            scores.Add(reader.ReadSingle());
            pieces.Add(Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32())).Replace(' ', '\u2581'));
        }

        return ([.. FirstPieces(), .. pieces.Skip(FirstOrdinary)], [.. scores]);
    }
}
