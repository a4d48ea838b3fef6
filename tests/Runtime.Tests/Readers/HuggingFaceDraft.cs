using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;

namespace Llamalith.Tests.Readers;

/// <summary>A small Llama as Hugging Face stores it: sound by default, and wrong wherever a test wants it to be.</summary>
internal sealed class HuggingFaceDraft
{
    public JsonObject Config { get; } = new()
    {
        ["model_type"] = "llama",
        ["hidden_act"] = "silu",
        ["hidden_size"] = 8,
        ["intermediate_size"] = 6,
        ["num_hidden_layers"] = 2,
        ["num_attention_heads"] = 4,
        ["num_key_value_heads"] = 2,
        ["vocab_size"] = 5,
        ["max_position_embeddings"] = 16,
        ["rms_norm_eps"] = 1e-5,
        ["tie_word_embeddings"] = false,
    };

    /// <summary>The tensors' sizes by name, all BF16.</summary>
    public Dictionary<string, int[]> Tensors { get; } = Shapes();

    public HuggingFaceDraft With(string key, string json)
    {
        Config[key] = JsonNode.Parse(json);
        return this;
    }

    public HuggingFaceDraft Without(string key)
    {
        Config.Remove(key);
        return this;
    }

    public HuggingFaceDraft WithTensor(string name, params int[] shape)
    {
        Tensors[name] = shape;
        return this;
    }

    /// <summary>A folder with config.json and one file of tensors.</summary>
    public string WriteTo(TempFolder folder)
    {
        string path = folder[Guid.NewGuid().ToString("N")];
        System.IO.Directory.CreateDirectory(path);
        System.IO.File.WriteAllText(System.IO.Path.Combine(path, "config.json"), Config.ToJsonString());
        System.IO.File.WriteAllBytes(System.IO.Path.Combine(path, "model.safetensors"), BuildTensors(Tensors.Keys));
        return path;
    }

    /// <summary>A file with some of the tensors, in whose elements the tensor's place in the list is written.</summary>
    public byte[] BuildTensors(IEnumerable<string> names)
    {
        List<string> all = [.. Tensors.Keys];
        List<byte> data = [];
        List<string> header = [];
        foreach (string name in names)
        {
            int[] shape = Tensors[name];
            int start = data.Count;
            ushort mark = (ushort)all.IndexOf(name);
            for (int i = shape.Aggregate(1, (a, b) => a * b); i > 0; i--)
                data.AddRange(BitConverter.GetBytes(mark));
            header.Add($"\"{name}\":{{\"dtype\":\"BF16\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{start},{data.Count}]}}");
        }

        return SafetensorsDraft.Build("{" + string.Join(',', header) + "}", [.. data]);
    }

    private static Dictionary<string, int[]> Shapes()
    {
        Dictionary<string, int[]> shapes = new()
        {
            ["model.embed_tokens.weight"] = [5, 8],
            ["model.norm.weight"] = [8],
            ["lm_head.weight"] = [5, 8],
        };
        for (int layer = 0; layer < 2; layer++)
        {
            string prefix = "model.layers." + layer + ".";
            shapes[prefix + "input_layernorm.weight"] = [8];
            shapes[prefix + "self_attn.q_proj.weight"] = [8, 8];
            shapes[prefix + "self_attn.k_proj.weight"] = [4, 8];
            shapes[prefix + "self_attn.v_proj.weight"] = [4, 8];
            shapes[prefix + "self_attn.o_proj.weight"] = [8, 8];
            shapes[prefix + "post_attention_layernorm.weight"] = [8];
            shapes[prefix + "mlp.gate_proj.weight"] = [6, 8];
            shapes[prefix + "mlp.up_proj.weight"] = [6, 8];
            shapes[prefix + "mlp.down_proj.weight"] = [8, 6];
        }

        return shapes;
    }
}
