using System;
using System.Collections.Generic;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tests.Readers;

/// <summary>A small Llama in a GGUF file: sound by default, and wrong wherever a test wants it to be.</summary>
internal sealed class GgufModelDraft
{
    /// <summary>Values by key; for "{arch}" in a key the architecture is put.</summary>
    public Dictionary<string, object> Metadata { get; } = new()
    {
        ["{arch}.embedding_length"] = 8u,
        ["{arch}.feed_forward_length"] = 6u,
        ["{arch}.block_count"] = 2u,
        ["{arch}.attention.head_count"] = 4u,
        ["{arch}.attention.head_count_kv"] = 2u,
        ["{arch}.context_length"] = 16u,
        ["{arch}.attention.layer_norm_rms_epsilon"] = 1e-5f,
        ["{arch}.vocab_size"] = 5u,
    };

    public string? Architecture { get; set; } = "llama";

    public Dictionary<string, (TensorType Type, long Rows, long Columns)> Tensors { get; } = Shapes();

    /// <summary>The values of a tensor other than zeros.</summary>
    public Dictionary<string, float[]> Values { get; } = [];

    /// <summary>The bytes of a tensor other than zeros.</summary>
    public Dictionary<string, byte[]> Raw { get; } = [];

    public GgufModelDraft With(string key, object value)
    {
        Metadata[key] = value;
        return this;
    }

    public GgufModelDraft Without(string key)
    {
        Metadata.Remove(key);
        return this;
    }

    public GgufModelDraft WithTensor(string name, long rows, long columns, params float[] values)
    {
        Tensors[name] = (TensorType.F32, rows, columns);
        if (values.Length > 0)
            Values[name] = values;
        return this;
    }

    /// <summary>A part of a split file: the first has all metadata, the others none but their number.</summary>
    public byte[] Part(int number, int count, string[] tensors)
    {
        int total = Tensors.Count;
        if (number > 0)
            Metadata.Clear();
        foreach (string other in Tensors.Keys)
        {
            if (Array.IndexOf(tensors, other) < 0)
                Tensors.Remove(other);
        }

        return With("split.no", (uint)number).With("split.count", (uint)count).With("split.tensors.count", total).Build();
    }

    public byte[] Build()
    {
        GgufWriter writer = new();
        if (Architecture is not null)
            writer.Add("general.architecture", Architecture);
        foreach ((string key, object value) in Metadata)
        {
            string full = key.Replace("{arch}", Architecture, StringComparison.Ordinal);
            switch (value)
            {
                case uint v: writer.Add(full, v); break;
                case ulong v: writer.Add(full, v); break;
                case int v: writer.Add(full, v); break;
                case float v: writer.Add(full, v); break;
                case string v: writer.Add(full, v); break;
                case GgufArrayContent v: writer.Add(full, v); break;
                default: throw new NotSupportedException(value.GetType().Name);
            }
        }

        foreach ((string name, (TensorType type, long rows, long columns)) in Tensors)
        {
            byte[] bytes = Values.TryGetValue(name, out float[]? values)
                ? GgufDraft.Bytes(values)
                : Raw.TryGetValue(name, out byte[]? raw) ? raw : new byte[TensorTypes.ByteLength(type, rows, columns)];
            writer.AddTensor(name, type, rows, columns, s => s.Write(bytes));
        }

        using MemoryStream stream = new();
        writer.Write(stream);
        return stream.ToArray();
    }

    private static Dictionary<string, (TensorType, long, long)> Shapes()
    {
        Dictionary<string, (TensorType, long, long)> shapes = new()
        {
            ["token_embd.weight"] = (TensorType.F16, 5, 8),
            ["output_norm.weight"] = (TensorType.F32, 1, 8),
            ["output.weight"] = (TensorType.BF16, 5, 8),
        };
        for (int layer = 0; layer < 2; layer++)
        {
            string prefix = "blk." + layer + ".";
            shapes[prefix + "attn_norm.weight"] = (TensorType.F32, 1, 8);
            shapes[prefix + "attn_q.weight"] = (TensorType.F16, 8, 8);
            shapes[prefix + "attn_k.weight"] = (TensorType.F16, 4, 8);
            shapes[prefix + "attn_v.weight"] = (TensorType.F16, 4, 8);
            shapes[prefix + "attn_output.weight"] = (TensorType.F16, 8, 8);
            shapes[prefix + "ffn_norm.weight"] = (TensorType.F32, 1, 8);
            shapes[prefix + "ffn_gate.weight"] = (TensorType.F16, 6, 8);
            shapes[prefix + "ffn_up.weight"] = (TensorType.F16, 6, 8);
            shapes[prefix + "ffn_down.weight"] = (TensorType.F16, 8, 6);
        }

        return shapes;
    }
}
