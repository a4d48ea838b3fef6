using System.Collections.Generic;

namespace Llamalith.Generator.Planning;

/// <summary>What a step of the forward pass reads and writes.</summary>
internal enum PassBuffer
{
    /// <summary>The residual stream.</summary>
    X,

    /// <summary>The normalised residual stream.</summary>
    Normed,

    /// <summary>The input of the next product in 8 bits.</summary>
    Record,

    /// <summary>Queries, keys and values.</summary>
    Qkv,

    /// <summary>The same with queries and keys normalised, of one token.</summary>
    NormedQkv,

    /// <summary>The KV cache.</summary>
    Cache,

    /// <summary>What attention gives for each block of the cache by itself.</summary>
    Partials,

    /// <summary>What attention gives.</summary>
    Attended,

    /// <summary>What attention or the feed-forward network gives, where it is normalised before it is added.</summary>
    Projected,

    /// <summary>The inner width of the feed-forward network.</summary>
    Hidden,

    /// <summary>The classifier's output.</summary>
    Logits,

    /// <summary>The classifier's output for many tokens.</summary>
    LogitRows,
}

/// <summary>What a step computes.</summary>
internal enum StepKind
{
    /// <summary>RMSNorm with weights.</summary>
    Norm,

    /// <summary>RMSNorm with weights, added to the residual stream.</summary>
    AddNorm,

    /// <summary>RMSNorm of all queries, and of all keys, at once.</summary>
    NormQk,

    /// <summary>A product's input in 8 bits, for weights of integers.</summary>
    Quantize,

    /// <summary>One or more products with weight matrices that share an input.</summary>
    Project,

    /// <summary>Bias, rotary embedding, and keys and values into the cache.</summary>
    Rotate,

    /// <summary>
    /// Softmax(q · K) · V over the cache. Of one token it is done block by block, each by itself, with <see cref="Rotate"/> on the way:
    /// only the last block holds what that stores.
    /// </summary>
    Attend,

    /// <summary>What attention over the whole cache gives, from that over its blocks.</summary>
    Combine,
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

    /// <summary>By block of the cache and KV head with its group of query heads.</summary>
    CacheBlocks,

    /// <summary>By token.</summary>
    Tokens,

    /// <summary>By KV head and tile of tokens.</summary>
    HeadTiles,
}

/// <summary>One step of a pass. <see cref="Matrices"/> names the weights, in the order of their rows in the output.</summary>
internal sealed record Step(
    StepKind Kind, IReadOnlyList<PassBuffer> Reads, IReadOnlyList<PassBuffer> Writes, IReadOnlyList<string> Matrices, Split Split);

/// <summary>A forward pass, of one token or of many.</summary>
/// <param name="Layer">The steps of every layer.</param>
/// <param name="Output">What follows the last layer, for the last token alone.</param>
internal sealed record Pass(IReadOnlyList<Step> Layer, IReadOnlyList<Step> Output);

/// <summary>What becomes of a product before it is written.</summary>
internal enum Epilogue
{
    /// <summary>y = W·x.</summary>
    Store,

    /// <summary>y += W·x, the residual connection.</summary>
    Add,

    /// <summary>y += ResidualScale · W·x.</summary>
    AddScaled,

    /// <summary>y = silu(Wg·x) · (Wu·x), rows of the two matrices side by side.</summary>
    SwiGlu,

    /// <summary>The same with GELU in place of silu.</summary>
    GeGlu,

    /// <summary>y = LogitFactor · W·x.</summary>
    Logits,

    /// <summary>y = LogitSoftCap · tanh(LogitFactor · W·x / LogitSoftCap).</summary>
    CappedLogits,
}

/// <summary>What runs in a Llama layer, and in which order (Touvron et al., arXiv 2307.09288, section 2.2).</summary>
internal sealed class LayerGraph
{
    private readonly ModelPlan _plan;

    public LayerGraph(ModelPlan plan)
    {
        _plan = plan;
        IReadOnlyList<Step> output =
        [
            Norm(ModelPlan.FinalNorm, Split.Replicated),
            .. Product(PassBuffer.Normed, PassBuffer.Logits, Split.Replicated, ModelPlan.Classifier),
        ];
        Decode = new Pass(
            Layer(Split.Replicated, [
                .. plan.NormsProjections
                    ? [new(StepKind.NormQk, [PassBuffer.Qkv], [PassBuffer.NormedQkv], [], Split.Replicated)] : (Step[])[],
                new(
                    StepKind.Attend, [plan.NormsProjections ? PassBuffer.NormedQkv : PassBuffer.Qkv],
                    [PassBuffer.Cache, PassBuffer.Partials], [], Split.CacheBlocks),
                new(StepKind.Combine, [PassBuffer.Partials], [PassBuffer.Attended], [], Split.Replicated),
            ]),
            output);
        Prefill = new Pass(
            Layer(Split.Tokens, [
                new(StepKind.Rotate, [PassBuffer.Qkv], [PassBuffer.Qkv, PassBuffer.Cache], [], Split.Tokens),
                new(StepKind.Attend, [PassBuffer.Qkv, PassBuffer.Cache], [PassBuffer.Attended], [], Split.HeadTiles),
            ]),
            output);
        DecodeRows = new Pass(
            Layer(Split.Tokens, [
                new(StepKind.Rotate, [PassBuffer.Qkv], [PassBuffer.Qkv, PassBuffer.Cache], [], Split.Tokens),
                new(StepKind.Attend, [PassBuffer.Qkv, PassBuffer.Cache], [PassBuffer.Partials], [], Split.CacheBlocks),
                new(StepKind.Combine, [PassBuffer.Partials], [PassBuffer.Attended], [], Split.Tokens),
            ]),
            []);
        Logits = new Pass([],
        [
            Norm(ModelPlan.FinalNorm, Split.Tokens),
            .. Product(PassBuffer.Normed, PassBuffer.LogitRows, Split.Tokens, ModelPlan.Classifier),
        ]);
    }

    /// <summary>The pass of one token.</summary>
    public Pass Decode { get; }

    /// <summary>
    /// The pass of a few tokens at once in the order of one: weights are read once for all, and each token's attention is that of a token
    /// by itself. Its logits are a pass of their own.
    /// </summary>
    public Pass DecodeRows { get; }

    /// <summary>The pass of many tokens at once.</summary>
    public Pass Prefill { get; }

    /// <summary>What follows the layers of several tokens where more of their logits are wanted than the last one's.</summary>
    public Pass Logits { get; }

    // What is done to each token's row by itself is split as `rows` says.
    private List<Step> Layer(Split rows, IEnumerable<Step> attention) =>
    [
        .. NormBefore(LayerTensors.AttentionNorm, rows),
        .. Product(Input, PassBuffer.Qkv, rows, LayerTensors.Query.Name, LayerTensors.Key.Name, LayerTensors.Value.Name),
        .. attention,
        .. Output(PassBuffer.Attended, rows, LayerTensors.AttentionOutput, LayerTensors.PostAttentionNorm),
        .. NormBefore(LayerTensors.FfnNorm, rows),
        .. Product(Input, PassBuffer.Hidden, rows, ModelPlan.GateUp),
        .. Output(PassBuffer.Hidden, rows, LayerTensors.Down, LayerTensors.PostFfnNorm),
    ];

    // What attention and feed-forward network read.
    private PassBuffer Input => _plan.Spec.Has(TensorCondition.NormBefore) ? PassBuffer.Normed : PassBuffer.X;

    private IEnumerable<Step> NormBefore(LayerTensor weights, Split rows)
    {
        if (_plan.Spec.Has(weights.When))
            yield return Norm(weights.Name, rows);
    }

    // What they add to the residual stream.
    private IEnumerable<Step> Output(PassBuffer reads, Split rows, LayerTensor matrix, LayerTensor norm) => _plan.Spec.Has(norm.When)
        ?
        [
            .. Product(reads, PassBuffer.Projected, rows, matrix.Name),
            new(StepKind.AddNorm, [PassBuffer.Projected, PassBuffer.X], [PassBuffer.X], [norm.Name], rows),
        ]
        : Product(reads, PassBuffer.X, rows, matrix.Name);

    private static Step Norm(string weights, Split rows) => new(StepKind.Norm, [PassBuffer.X], [PassBuffer.Normed], [weights], rows);

    // Where weights may be integers, their input is quantised first; the float kernels of other formats still read it as it is.
    private IEnumerable<Step> Product(PassBuffer reads, PassBuffer writes, Split rows, params string[] matrices)
    {
        bool quantized = _plan.IsQuantized(_plan.Matrix(matrices[0]).Kernel.ColumnCount);
        if (quantized)
            yield return new(StepKind.Quantize, [reads], [PassBuffer.Record], matrices, rows);
        yield return new(StepKind.Project, quantized ? [reads, PassBuffer.Record] : [reads], [writes], matrices, Split.Rows);
    }
}
