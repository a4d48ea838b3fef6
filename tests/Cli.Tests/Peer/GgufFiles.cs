using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Llamalith.Tests.Peer;

/// <summary>Small F32 GGUF files, written plainly.</summary>
internal static class GgufFiles
{
    private const uint TypeU32 = 4, TypeI32 = 5, TypeF32 = 6, TypeString = 8, TypeArray = 9;
    private const int Alignment = 32;

    private sealed record Shape(int Dim, int FfnDim, int Layers, int Heads, int KvHeads, int VocabSize, int Context)
    {
        public int KvDim => Dim / Heads * KvHeads;
    }

    private sealed record Vocabulary(List<byte[]> Pieces, List<float> Scores);

    private sealed record Tensor(string Name, int[] Dimensions, float[] Values);

    /// <summary>A model of two layers with grouped-query attention, random weights and a vocabulary of bytes and pairs of letters.</summary>
    public static string WriteRandom(string path)
    {
        Shape shape = new(Dim: 128, FfnDim: 160, Layers: 2, Heads: 4, KvHeads: 2, VocabSize: 300, Context: 256);
        Random random = new(42);
        List<byte[]> pieces = ControlAndBytePieces();
        for (int i = pieces.Count; i < shape.VocabSize; i++)
            pieces.Add([(byte)('a' + (i % 26)), (byte)('a' + (i / 26 % 26))]);
        List<Tensor> tensors = [Matrix("token_embd.weight", shape.VocabSize, shape.Dim)];
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = FormattableString.Invariant($"blk.{layer}.");
            tensors.Add(Ones(prefix + "attn_norm.weight"));
            tensors.Add(Matrix(prefix + "attn_q.weight", shape.Dim, shape.Dim));
            tensors.Add(Matrix(prefix + "attn_k.weight", shape.KvDim, shape.Dim));
            tensors.Add(Matrix(prefix + "attn_v.weight", shape.KvDim, shape.Dim));
            tensors.Add(Matrix(prefix + "attn_output.weight", shape.Dim, shape.Dim));
            tensors.Add(Ones(prefix + "ffn_norm.weight"));
            tensors.Add(Matrix(prefix + "ffn_gate.weight", shape.FfnDim, shape.Dim));
            tensors.Add(Matrix(prefix + "ffn_up.weight", shape.FfnDim, shape.Dim));
            tensors.Add(Matrix(prefix + "ffn_down.weight", shape.Dim, shape.FfnDim));
        }

        tensors.Add(Ones("output_norm.weight"));
        tensors.Add(Matrix("output.weight", shape.VocabSize, shape.Dim));
        Write(path, shape, new Vocabulary(pieces, [.. new float[shape.VocabSize]]), tensors);
        return path;

        Tensor Ones(string name)
        {
            float[] values = new float[shape.Dim];
            Array.Fill(values, 1);
            return new Tensor(name, [shape.Dim], values);
        }

        Tensor Matrix(string name, int rows, int columns)
        {
            float[] values = new float[rows * columns];
            for (int i = 0; i < values.Length; i++)
                values[i] = (random.NextSingle() - 0.5f) * 0.4f;
            return new Tensor(name, [columns, rows], values);
        }
    }

    /// <summary>A llama2.c checkpoint of the first version, and its tokenizer, as one GGUF file.</summary>
    public static string WriteFromLlama2c(string path, string checkpoint, string tokenizer)
    {
        using BinaryReader reader = new(File.OpenRead(checkpoint));
        int dim = reader.ReadInt32(), ffnDim = reader.ReadInt32(), layers = reader.ReadInt32(), heads = reader.ReadInt32();
        int kvHeads = reader.ReadInt32(), vocabSize = reader.ReadInt32(), context = reader.ReadInt32();
        Assert.True(vocabSize > 0, "This converter wants a checkpoint whose classifier is the embedding.");
        Shape shape = new(dim, ffnDim, layers, heads, kvHeads, vocabSize, context);

        List<Tensor> tensors = [];
        Take("token_embd.weight", [dim, vocabSize]);
        TakeLayers("attn_norm.weight", [dim]);
        TakeLayers("attn_q.weight", [dim, dim]);
        TakeLayers("attn_k.weight", [dim, shape.KvDim]);
        TakeLayers("attn_v.weight", [dim, shape.KvDim]);
        TakeLayers("attn_output.weight", [dim, dim]);
        TakeLayers("ffn_norm.weight", [dim]);
        TakeLayers("ffn_gate.weight", [dim, ffnDim]);
        TakeLayers("ffn_down.weight", [ffnDim, dim]);
        TakeLayers("ffn_up.weight", [dim, ffnDim]);
        Take("output_norm.weight", [dim]);
        Write(path, shape, ReadVocabulary(tokenizer, vocabSize), tensors);
        return path;

        void TakeLayers(string name, int[] dimensions)
        {
            for (int layer = 0; layer < layers; layer++)
                Take(FormattableString.Invariant($"blk.{layer}.{name}"), dimensions);
        }

        void Take(string name, int[] dimensions)
        {
            int count = 1;
            foreach (int dimension in dimensions)
                count *= dimension;
            float[] values = new float[count];
            for (int i = 0; i < count; i++)
                values[i] = reader.ReadSingle();
            tensors.Add(new Tensor(name, dimensions, values));
        }
    }

    private static List<byte[]> ControlAndBytePieces()
    {
        List<byte[]> pieces = ["<unk>"u8.ToArray(), "<s>"u8.ToArray(), "</s>"u8.ToArray()];
        for (int i = 0; i < 256; i++)
            pieces.Add(Encoding.ASCII.GetBytes(FormattableString.Invariant($"<0x{i:X2}>")));
        return pieces;
    }

    private static Vocabulary ReadVocabulary(string tokenizer, int size)
    {
        using BinaryReader reader = new(File.OpenRead(tokenizer));
        reader.ReadInt32();
        List<byte[]> pieces = [];
        List<float> scores = [];
        for (int i = 0; i < size; i++)
        {
            scores.Add(reader.ReadSingle());
            byte[] piece = reader.ReadBytes(reader.ReadInt32());
            pieces.Add(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(piece).Replace(' ', '\u2581')));
        }

        List<byte[]> known = ControlAndBytePieces();
        for (int i = 0; i < known.Count; i++)
            pieces[i] = known[i];
        return new Vocabulary(pieces, scores);
    }

    private static void Write(string path, Shape shape, Vocabulary vocabulary, List<Tensor> tensors)
    {
        const uint Normal = 1, Unknown = 2, Control = 3, Byte = 6;
        using BinaryWriter writer = new(File.Create(path));
        List<Action> metadata =
        [
            () => Text("general.architecture", "llama"),
            () => Number("llama.context_length", shape.Context),
            () => Number("llama.embedding_length", shape.Dim),
            () => Number("llama.block_count", shape.Layers),
            () => Number("llama.feed_forward_length", shape.FfnDim),
            () => Number("llama.attention.head_count", shape.Heads),
            () => Number("llama.attention.head_count_kv", shape.KvHeads),
            () => Number("llama.rope.dimension_count", shape.Dim / shape.Heads),
            () =>
            {
                Key("llama.attention.layer_norm_rms_epsilon", TypeF32);
                writer.Write(1e-5f);
            },
            () => Text("tokenizer.ggml.model", "llama"),
            () => Number("tokenizer.ggml.bos_token_id", 1),
            () => Number("tokenizer.ggml.eos_token_id", 2),
            () => Number("tokenizer.ggml.unknown_token_id", 0),
            () => Array("tokenizer.ggml.tokens", TypeString, vocabulary.Pieces, Bytes),
            () => Array("tokenizer.ggml.scores", TypeF32, vocabulary.Scores, writer.Write),
            () => Array("tokenizer.ggml.token_type", TypeI32, Types(), writer.Write),
        ];

        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach (Action entry in metadata)
            entry();
        ulong offset = 0;
        foreach (Tensor tensor in tensors)
        {
            Bytes(Encoding.UTF8.GetBytes(tensor.Name));
            writer.Write((uint)tensor.Dimensions.Length);
            foreach (int dimension in tensor.Dimensions)
                writer.Write((ulong)dimension);
            writer.Write(0u);
            writer.Write(offset);
            offset += (ulong)Padded(tensor.Values.Length * sizeof(float));
        }

        foreach (Tensor tensor in tensors)
        {
            Pad();
            foreach (float value in tensor.Values)
                writer.Write(value);
        }

        Pad();

        void Key(string key, uint type)
        {
            Bytes(Encoding.UTF8.GetBytes(key));
            writer.Write(type);
        }

        void Number(string key, int value)
        {
            Key(key, TypeU32);
            writer.Write((uint)value);
        }

        void Text(string key, string value)
        {
            Key(key, TypeString);
            Bytes(Encoding.UTF8.GetBytes(value));
        }

        void Array<T>(string key, uint type, IReadOnlyCollection<T> values, Action<T> write)
        {
            Key(key, TypeArray);
            writer.Write(type);
            writer.Write((ulong)values.Count);
            foreach (T value in values)
                write(value);
        }

        void Bytes(byte[] bytes)
        {
            writer.Write((ulong)bytes.Length);
            writer.Write(bytes);
        }

        List<uint> Types()
        {
            List<uint> types = [Unknown, Control, Control];
            while (types.Count < vocabulary.Pieces.Count)
                types.Add(types.Count < 259 ? Byte : Normal);
            return types;
        }

        void Pad()
        {
            while (writer.BaseStream.Position % Alignment != 0)
                writer.Write((byte)0);
        }
    }

    private static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
