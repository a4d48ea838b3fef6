using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith;

/// <summary>What a tensor of a layer is for.</summary>
internal enum TensorRole
{
    /// <summary>Weights of an RMSNorm.</summary>
    Norm,

    /// <summary>A projection, y = W · x.</summary>
    Matrix,

    /// <summary>What a projection adds to its output.</summary>
    Bias,
}

/// <summary>A size of a model, by name.</summary>
internal enum Width
{
    /// <summary>One: a vector's rows.</summary>
    One,

    /// <summary>The residual stream.</summary>
    Dim,

    /// <summary>All query heads together.</summary>
    QueryDim,

    /// <summary>All key, or value, heads together.</summary>
    KvDim,

    /// <summary>Inside the feed-forward network.</summary>
    FfnDim,

    /// <summary>One head.</summary>
    HeadDim,
}

/// <summary>What a model must have for a tensor to be there.</summary>
internal enum TensorCondition
{
    /// <summary>Every model has it.</summary>
    Always,

    /// <summary>Models whose query, key and value projections add a bias.</summary>
    QkvBias,

    /// <summary>Models that normalise each head of queries and keys.</summary>
    QkHeadNorm,

    /// <summary>Models that normalise all queries, and all keys, at once.</summary>
    QkProjectionNorm,

    /// <summary>Models with norms before attention and feed-forward network.</summary>
    NormBefore,

    /// <summary>Models with norms after them.</summary>
    NormAfter,
}

/// <summary>What decides which tensors a model has, and of which sizes.</summary>
internal interface IModelSizes
{
    int Dim { get; }

    int QueryDim { get; }

    int KvDim { get; }

    int FfnDim { get; }

    int HeadDim { get; }

    bool Has(TensorCondition condition);
}

/// <summary>A tensor that every layer has.</summary>
internal sealed class LayerTensor(
    string name, string stored, string huggingFace, TensorRole role, Width rows, Width columns, bool rotated = false,
    TensorCondition when = TensorCondition.Always)
{
    /// <summary>Its name in code, as in Query.</summary>
    public string Name { get; } = name;

    /// <summary>Its canonical name, GGUF's, behind blk.{layer}.</summary>
    public string Stored { get; } = stored;

    /// <summary>Its name in Hugging Face's files, behind model.layers.{layer}.</summary>
    public string HuggingFace { get; } = huggingFace;

    public TensorRole Role { get; } = role;

    /// <summary>Number of rows: of a matrix, its outputs.</summary>
    public Width Rows { get; } = rows;

    /// <summary>Elements in a row: of a matrix, its inputs.</summary>
    public Width Columns { get; } = columns;

    /// <summary>Whether its rows (a vector's elements) are paired by the rotary embedding, in one of two orders.</summary>
    public bool IsRotated { get; } = rotated;

    public TensorCondition When { get; } = when;

    /// <summary>Number of rows in a model.</summary>
    public int RowsOf(IModelSizes model) => Of(Rows, model);

    /// <summary>Elements in a row in a model.</summary>
    public int ColumnsOf(IModelSizes model) => Of(Columns, model);

    private static int Of(Width width, IModelSizes model) => width switch
    {
        Width.One => 1,
        Width.Dim => model.Dim,
        Width.QueryDim => model.QueryDim,
        Width.KvDim => model.KvDim,
        Width.FfnDim => model.FfnDim,
        Width.HeadDim => model.HeadDim,
        _ => throw new ArgumentOutOfRangeException(nameof(width), width, "No such width."),
    };
}

/// <summary>
/// Every tensor of a layer, in the order in which a token streams them, which is also that of most files. The compiler and the run time
/// derive from it what they bind, count, name and train.
/// </summary>
internal static class LayerTensors
{
    public static LayerTensor AttentionNorm { get; } =
        new("AttentionNorm", "attn_norm.weight", "input_layernorm.weight", TensorRole.Norm, Width.One, Width.Dim,
            when: TensorCondition.NormBefore);

    public static LayerTensor Query { get; } =
        new("Query", "attn_q.weight", "self_attn.q_proj.weight", TensorRole.Matrix, Width.QueryDim, Width.Dim, rotated: true);

    public static LayerTensor Key { get; } =
        new("Key", "attn_k.weight", "self_attn.k_proj.weight", TensorRole.Matrix, Width.KvDim, Width.Dim, rotated: true);

    public static LayerTensor Value { get; } =
        new("Value", "attn_v.weight", "self_attn.v_proj.weight", TensorRole.Matrix, Width.KvDim, Width.Dim);

    public static LayerTensor QueryBias { get; } =
        new("QueryBias", "attn_q.bias", "self_attn.q_proj.bias", TensorRole.Bias, Width.One, Width.QueryDim, rotated: true,
            TensorCondition.QkvBias);

    public static LayerTensor KeyBias { get; } =
        new("KeyBias", "attn_k.bias", "self_attn.k_proj.bias", TensorRole.Bias, Width.One, Width.KvDim, rotated: true,
            TensorCondition.QkvBias);

    public static LayerTensor ValueBias { get; } =
        new("ValueBias", "attn_v.bias", "self_attn.v_proj.bias", TensorRole.Bias, Width.One, Width.KvDim, when: TensorCondition.QkvBias);

    public static LayerTensor QueryHeadNorm { get; } =
        new("QueryHeadNorm", "attn_q_norm.weight", "self_attn.q_norm.weight", TensorRole.Norm, Width.One, Width.HeadDim, rotated: true,
            TensorCondition.QkHeadNorm);

    public static LayerTensor KeyHeadNorm { get; } =
        new("KeyHeadNorm", "attn_k_norm.weight", "self_attn.k_norm.weight", TensorRole.Norm, Width.One, Width.HeadDim, rotated: true,
            TensorCondition.QkHeadNorm);

    public static LayerTensor QueryNorm { get; } =
        new("QueryNorm", "attn_q_norm.weight", "self_attn.q_norm.weight", TensorRole.Norm, Width.One, Width.QueryDim, rotated: true,
            TensorCondition.QkProjectionNorm);

    public static LayerTensor KeyNorm { get; } =
        new("KeyNorm", "attn_k_norm.weight", "self_attn.k_norm.weight", TensorRole.Norm, Width.One, Width.KvDim, rotated: true,
            TensorCondition.QkProjectionNorm);

    public static LayerTensor AttentionOutput { get; } =
        new("AttentionOutput", "attn_output.weight", "self_attn.o_proj.weight", TensorRole.Matrix, Width.Dim, Width.QueryDim);

    public static LayerTensor FfnNorm { get; } =
        new("FfnNorm", "ffn_norm.weight", "post_attention_layernorm.weight", TensorRole.Norm, Width.One, Width.Dim,
            when: TensorCondition.NormBefore);

    public static LayerTensor PostAttentionNorm { get; } =
        new("PostAttentionNorm", "post_attention_norm.weight", "post_attention_layernorm.weight", TensorRole.Norm, Width.One, Width.Dim,
            when: TensorCondition.NormAfter);

    public static LayerTensor PostFfnNorm { get; } =
        new("PostFfnNorm", "post_ffw_norm.weight", "post_feedforward_layernorm.weight", TensorRole.Norm, Width.One, Width.Dim,
            when: TensorCondition.NormAfter);

    public static LayerTensor Gate
    {
        get;
    } = new("Gate", "ffn_gate.weight", "mlp.gate_proj.weight", TensorRole.Matrix, Width.FfnDim, Width.Dim);

    public static LayerTensor Up { get; } = new("Up", "ffn_up.weight", "mlp.up_proj.weight", TensorRole.Matrix, Width.FfnDim, Width.Dim);

    public static LayerTensor Down
    {
        get;
    } = new("Down", "ffn_down.weight", "mlp.down_proj.weight", TensorRole.Matrix, Width.Dim, Width.FfnDim);

    public static IReadOnlyList<LayerTensor> All { get; } =
    [
        AttentionNorm, Query, Key, Value, QueryBias, KeyBias, ValueBias, QueryHeadNorm, KeyHeadNorm, QueryNorm, KeyNorm,
        AttentionOutput, PostAttentionNorm, FfnNorm, Gate, Up, Down, PostFfnNorm,
    ];

    /// <summary>
    /// Tensors that files may hold as one, by GGUF's and Hugging Face's name: the rows of each, of a bias its elements, behind those of the
    /// one before.
    /// </summary>
    public static IReadOnlyList<(string Stored, string HuggingFace, IReadOnlyList<LayerTensor> Parts)> Fused { get; } =
    [
        ("attn_qkv.weight", "self_attn.qkv_proj.weight", [Query, Key, Value]),
        ("attn_qkv.bias", "self_attn.qkv_proj.bias", [QueryBias, KeyBias, ValueBias]),
        ("ffn_up.weight", "mlp.gate_up_proj.weight", [Gate, Up]),
    ];

    /// <summary>
    /// GGUF's names of the tensors that show a condition, behind the layer's prefix: the first, and what it may be part of.
    /// </summary>
    public static IEnumerable<string> Showing(TensorCondition condition)
    {
        LayerTensor first = All.First(tensor => tensor.When == condition);
        yield return first.Stored;
        foreach ((string stored, _, IReadOnlyList<LayerTensor> parts) in Fused)
        {
            if (parts[0] == first)
                yield return stored;
        }
    }

    /// <summary>Those that the layers of a model have.</summary>
    public static IEnumerable<LayerTensor> Of(IModelSizes model) => All.Where(tensor => model.Has(tensor.When));
}
