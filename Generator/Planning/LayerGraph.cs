using System.Collections.Generic;

namespace Llamalith.Generator.Planning;

/// <summary>What a step of the forward pass reads and writes.</summary>
internal enum Buffer
{
    /// <summary>The residual stream.</summary>
    X,

    /// <summary>The normalised residual stream.</summary>
    Normed,

    /// <summary>Queries, keys and values.</summary>
    Qkv,

    /// <summary>The KV cache.</summary>
    Cache,

    /// <summary>What attention gives.</summary>
    Attended,

    /// <summary>The inner width of the feed-forward network.</summary>
    Hidden,

    /// <summary>The classifier's output.</summary>
    Logits,
}

/// <summary>What a step computes.</summary>
internal enum StepKind
{
    /// <summary>RMSNorm with weights.</summary>
    Norm,

    /// <summary>One or more products with weight matrices that share an input.</summary>
    Project,

    /// <summary>Bias, rotary embedding, and keys and values into the cache.</summary>
    Rotate,

    /// <summary>Softmax(q · K) · V over the cache.</summary>
    Attend,
}

/// <summary>How threads share a step.</summary>
internal enum Split
{
    /// <summary>Each thread does all of it, into memory of its own: cheaper than a barrier.</summary>
    Replicated,

    /// <summary>By rows of the weight matrix; the whole input is read.</summary>
    Rows,

    /// <summary>By KV head and its group of query heads.</summary>
    KvHeads,

    /// <summary>By token.</summary>
    Tokens,

    /// <summary>By KV head and tile of tokens.</summary>
    HeadTiles,
}

/// <summary>One step of a layer. <see cref="Matrices"/> names the weights, in the order of their rows in the output.</summary>
internal sealed record Step(
    StepKind Kind,
    IReadOnlyList<Buffer> Reads,
    IReadOnlyList<Buffer> Writes,
    IReadOnlyList<string> Matrices,
    Epilogue Epilogue,
    Split DecodeSplit,
    Split PrefillSplit);

/// <summary>What becomes of a product before it is written.</summary>
internal enum Epilogue
{
    /// <summary>y = W·x.</summary>
    Store,

    /// <summary>y += W·x, the residual connection.</summary>
    Add,

    /// <summary>y = silu(Wg·x) · (Wu·x), rows of the two matrices side by side.</summary>
    SwiGlu,
}

/// <summary>What runs in a Llama layer, and in which order (Touvron et al., arXiv 2307.09288, section 2.2).</summary>
internal static class LayerGraph
{
    public static IReadOnlyList<Step> Layer { get; } =
    [
        new(StepKind.Norm, [Buffer.X], [Buffer.Normed], ["AttentionNorm"], Epilogue.Store, Split.Replicated, Split.Tokens),
        new(StepKind.Project, [Buffer.Normed], [Buffer.Qkv], ["Query", "Key", "Value"], Epilogue.Store, Split.Rows, Split.Rows),
        new(StepKind.Rotate, [Buffer.Qkv], [Buffer.Qkv, Buffer.Cache], [], Epilogue.Store, Split.KvHeads, Split.Tokens),
        new(StepKind.Attend, [Buffer.Qkv, Buffer.Cache], [Buffer.Attended], [], Epilogue.Store, Split.KvHeads, Split.HeadTiles),
        new(StepKind.Project, [Buffer.Attended], [Buffer.X], ["AttentionOutput"], Epilogue.Add, Split.Rows, Split.Rows),
        new(StepKind.Norm, [Buffer.X], [Buffer.Normed], ["FfnNorm"], Epilogue.Store, Split.Replicated, Split.Tokens),
        new(StepKind.Project, [Buffer.Normed], [Buffer.Hidden], ["GateUp"], Epilogue.SwiGlu, Split.Rows, Split.Rows),
        new(StepKind.Project, [Buffer.Hidden], [Buffer.X], ["Down"], Epilogue.Add, Split.Rows, Split.Rows),
    ];

    /// <summary>What follows the last layer, for the last token alone.</summary>
    public static IReadOnlyList<Step> Head { get; } =
    [
        new(StepKind.Norm, [Buffer.X], [Buffer.Normed], ["FinalNorm"], Epilogue.Store, Split.Replicated, Split.Replicated),
        new(StepKind.Project, [Buffer.Normed], [Buffer.Logits], ["Classifier"], Epilogue.Store, Split.Rows, Split.Rows),
    ];
}
