using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>A packed weight matrix: y[Rows] = W · x[Columns]. Sizes are named, since emitted code names its constants.</summary>
/// <param name="Name">As in LayerWeights.Query.</param>
/// <param name="Tensors">
/// The layer's tensors that it is packed from: one, or a pair whose rows take turns; none where it is no layer's.
/// </param>
/// <param name="Rows">Rows in memory before padding to panels (of both matrices of a pair).</param>
/// <param name="Kernel">The product that multiplies it.</param>
internal sealed record MatrixPlan(string Name, IReadOnlyList<LayerTensor> Tensors, int Rows, ProductPlan Kernel)
{
    public int Panels => (Rows + ModelPlan.PanelRows - 1) / ModelPlan.PanelRows;
}

/// <summary>A product that several matrices can share: same columns, same epilogue.</summary>
/// <param name="Columns">The constant that holds the number of columns: Dim, QueryDim or FfnDim.</param>
/// <param name="ColumnCount">Its value.</param>
/// <param name="Epilogue">What becomes of the sums.</param>
internal sealed record ProductPlan(string Columns, int ColumnCount, Epilogue Epilogue)
{
    /// <summary>As in DimStore; kernels are MatVecDimStore and MatMulDimStore.</summary>
    public string Name => Columns + Epilogue;
}

/// <summary>What a product of integers does, as far as the choice of its instruction set goes.</summary>
/// <param name="FillsBytes">Whether codes fill a signed byte.</param>
/// <param name="SubScaled">Whether a block has scales within, so that sums are scaled with more than a multiplication.</param>
/// <param name="ManyTokens">Whether it is bound by multiplying, not by reading.</param>
internal sealed record IntegerProduct(bool FillsBytes, bool SubScaled, bool ManyTokens)
{
    public static IntegerProduct Of(IntegerBlock format, bool manyTokens) => 
        new(format.FillsBytes, format.Scales != ScaleStorage.Halves, manyTokens);
}

/// <summary>
/// Everything derived from a <see cref="ModelSpec"/> before a line is written: sizes, strides, matrices, products, cache layout,
/// tiles and schedules. Emission reads it and decides nothing.
/// </summary>
internal sealed class ModelPlan
{
    /// <summary>Rows in a panel of weights: two AVX-512 vectors, four of AVX2, eight of NEON. Buffers are padded to it.</summary>
    public const int PanelRows = 32;

    /// <summary>Most tokens that one pass of a prefill takes: enough to amortise a read of the weights, and scratch stays small.</summary>
    private const int MaxPrefillChunk = 512;

    /// <summary>Columns of a panel that one pass of a product takes in prefill: 32 rows of them stay in the second-level cache.</summary>
    public const int ColumnBlock = 512;

    /// <summary>
    /// Tokens whose 8-bit records stay in the second-level cache while the rows of a panel pass over them: first what runs where nothing
    /// was measured.
    /// </summary>
    public static IReadOnlyList<int> TokenBlocks { get; } = [64, 32, 128];

    /// <summary>Most tokens whose logits are in memory at once: enough to amortise a read of the classifier.</summary>
    private const int MaxLogitRows = 64;

    /// <summary>
    /// Most tokens that one pass takes in decode's order: as many as one read of the weights is worth before multiplying binds.
    /// </summary>
    public const int MaxDecodeRows = 8;

    /// <summary>Query rows that share each load of K and V in prefill.</summary>
    private const int PrefillQueryRows = 8;

    /// <summary>
    /// Query rows for which K and V are widened once in prefill: enough that it costs nothing, and their state stays in the second-level
    /// cache.
    /// </summary>
    private const int WidenedQueryRows = 128;

    /// <summary>The norm after the last layer.</summary>
    public const string FinalNorm = "FinalNorm";

    /// <summary>What makes logits of it.</summary>
    public const string Classifier = "Classifier";

    /// <summary>Gate and Up, multiplied together.</summary>
    public const string GateUp = "GateUp";

    public ModelPlan(ModelSpec spec)
    {
        Spec = spec;
        Epilogue residual = spec.Has(TensorCondition.NormAfter) ? Epilogue.Store
            : spec.ResidualScale == 1 ? Epilogue.Add : Epilogue.AddScaled;
        Epilogue gated = spec.Activation == Activation.Silu ? Epilogue.SwiGlu : Epilogue.GeGlu;
        Epilogue logits = spec.LogitSoftCap > 0 ? Epilogue.CappedLogits : spec.LogitScale == 1 ? Epilogue.Store : Epilogue.Logits;
        Matrices =
        [
            Packed(LayerTensors.Query, Epilogue.Store),
            Packed(LayerTensors.Key, Epilogue.Store),
            Packed(LayerTensors.Value, Epilogue.Store),
            Packed(LayerTensors.AttentionOutput, residual),
            PackedPair(GateUp, LayerTensors.Gate, LayerTensors.Up, gated),
            Packed(LayerTensors.Down, residual),
            new(Classifier, [], spec.VocabSize, new(nameof(Width.Dim), spec.Dim, logits)),
        ];
        Products = Matrices.Select(matrix => matrix.Kernel).Distinct().ToList();
        Formats = WeightBlocks.Of(spec.Weights);
        Frequencies = RopeTable.Frequencies(spec);
        LocalFrequencies = spec.RopeThetaLocal > 0 ? RopeTable.LocalFrequencies(spec) : [];
        Cache = new CacheLayout(spec);
        PrefillChunk = Math.Min(MaxPrefillChunk, spec.Context);
        Training = spec.Training ? new TrainingPlan(spec) : null;
        Graph = new LayerGraph(this);
        Targets = Dialects.All.Where(target => (spec.Isa & target.Set) != 0).ToList();
        IntegerTargets = Formats.OfType<IntegerBlock>().Any() && spec.AvxVnni is not false
            ? Dialects.ForIntegers.Where(target => (spec.Isa & target.Helps) != 0).ToList()
            : [];
        Kernels = [.. Targets.Concat(IntegerTargets).Select(target => KernelPlanner.Of(this, target))];
        Variants = [.. Formats.OfType<IntegerBlock>().Where(IsUsed).SelectMany(VariantsOf)];
    }

    public ModelSpec Spec { get; }

    /// <summary>The instruction sets to emit, best first.</summary>
    public IReadOnlyList<Dialect> Targets { get; }

    /// <summary>The instruction sets that products of integers are emitted for besides.</summary>
    public IReadOnlyList<Dialect> IntegerTargets { get; }

    /// <summary>
    /// The instruction sets of a product, best first. Those for integers alone are best, but for two cases: vectors twice as wide multiply
    /// many tokens by codes below a byte as fast or faster, since they sum enough of such products in 16 bits; and they need half as many
    /// instructions for the scales within blocks.
    /// </summary>
    public IReadOnlyList<Dialect> TargetsOf(IntegerProduct product)
    {
        bool widerFirst = (product.ManyTokens || product.SubScaled) && !product.FillsBytes;
        List<Dialect> wider = Targets.Where(target => widerFirst && IntegerTargets.Any(other => other.Lanes < target.Lanes)).ToList();
        List<Dialect> all = [.. wider, .. IntegerTargets, .. Targets.Except(wider)];

        // Of one machine it is known which of them it has, and mostly plain which is best. Not where fewer instructions stand against
        // wider loads from memory: that it has to find out.
        bool known = Spec.AvxVnni is not null && Targets.Count == 1;
        bool isOpen = !product.ManyTokens && !product.SubScaled && all.Select(target => target.Lanes).Distinct().Count() > 1;
        return known && !isOpen ? all.GetRange(0, 1) : all;
    }

    /// <summary>The kernels of each instruction set, those for integers alone last.</summary>
    public IReadOnlyList<TargetPlan> Kernels { get; }

    /// <summary>The kernels among which products of integers may choose, best guess first for each format and kind.</summary>
    public IReadOnlyList<KernelVariantPlan> Variants { get; }

    public IReadOnlyList<MatrixPlan> Matrices { get; }

    public IReadOnlyList<ProductPlan> Products { get; }

    /// <summary>The formats that weight matrices may have.</summary>
    public IReadOnlyList<WeightBlock> Formats { get; }

    /// <summary>Whether any target multiplies signed bytes as 16-bit numbers, and so wants codes and activations in that form.</summary>
    public bool WidensCodes => Formats.OfType<IntegerBlock>().Any(format => Targets.Any(target => RecordPlan.IsWidened(target, format)));

    /// <summary>The columns of products, each with its width, the widest use first in the layer.</summary>
    public IReadOnlyList<(string Name, int Count)> ColumnKinds =>
        Products.Select(product => (product.Columns, product.ColumnCount)).Distinct().ToList();

    /// <summary>The declared formats that rows of so many columns can have: whole blocks.</summary>
    public IReadOnlyList<WeightBlock> FormatsFor(int columns) => Formats.Where(format => columns % format.Columns == 0).ToList();

    /// <summary>Whether rows of so many columns may be integers, so that activations are wanted in 8 bits.</summary>
    public bool IsQuantized(int columns) => FormatsFor(columns).Any(format => format is IntegerBlock);

    /// <summary>Floats that a thread needs to unpack one panel of integers, for the widest columns: codes, scales and minima.</summary>
    public int UnpackedFloats => ColumnKinds.Where(kind => IsQuantized(kind.Count))
        .Select(kind => kind.Count * PanelRows * (WidensCodes ? 2 : 1) / 4 + (2 * kind.Count / 16 * PanelRows))
        .DefaultIfEmpty(0).Max();

    /// <summary>Activations in 8 bits, for products of so many columns.</summary>
    public RecordPlan Record(int columns) =>
        new(columns, FormatsFor(columns).OfType<IntegerBlock>().ToList(), [.. Targets, .. IntegerTargets]);

    /// <summary>Radians a position, one for each pair of a head.</summary>
    public IReadOnlyList<double> Frequencies { get; }

    /// <summary>The same for layers L of the pattern; none where they have those of all layers.</summary>
    public IReadOnlyList<double> LocalFrequencies { get; }

    /// <summary>Whether some layers turn by other angles than others, or not at all.</summary>
    public bool MixesRotations => LocalFrequencies.Count > 0 || Spec.LayerPattern.Contains('N');

    /// <summary>Where keys and values lie.</summary>
    public CacheLayout Cache { get; }

    /// <summary>Most tokens in one pass of a prefill.</summary>
    public int PrefillChunk { get; }

    /// <summary>Most tokens in one pass of decode's order.</summary>
    public int DecodeRows => Math.Min(MaxDecodeRows, PrefillChunk);

    /// <summary>Rows of sums that a thread needs of a panel: one for each token and chain.</summary>
    public int SumRows => Math.Max(PrefillChunk, DecodeRows * SumOrder.Chains(RowClass.Decode));

    /// <summary>Tokens whose logits are in memory at once.</summary>
    public int LogitRowCount => Math.Min(MaxLogitRows, PrefillChunk);

    /// <summary>Tokens whose query heads are attended together in prefill, sharing each load of K and V.</summary>
    public int PrefillTokenTile => Math.Max(1, Math.Min(PrefillQueryRows / Spec.GroupSize, PrefillChunk));

    /// <summary>What a trainer adds; null where none is emitted.</summary>
    public TrainingPlan? Training { get; }

    /// <summary>What a layer computes, in which order.</summary>
    public LayerGraph Graph { get; }

    /// <summary>Query rows that meet the cache together in prefill.</summary>
    public int PrefillRows => PrefillTokenTile * Spec.GroupSize;

    /// <summary>Most tiles of a prefill for which a block of the cache is widened once.</summary>
    public int PrefillTiles => Math.Max(1, WidenedQueryRows / PrefillRows);

    /// <summary>Attention of one token.</summary>
    public AttentionForm DecodeAttention => new("Decode", Spec.GroupSize, Cache.Widens, CarriesOn: false);

    /// <summary>Attention of many tokens.</summary>
    public AttentionForm PrefillAttention => new("Prefill", PrefillRows, Widens: false, CarriesOn: true);

    /// <summary>What a position sees.</summary>
    public Visibility Visible => Visibility.Of(Spec);

    /// <summary>Whether all queries, and all keys, are normalised at once.</summary>
    public bool NormsProjections => Spec.Has(TensorCondition.QkProjectionNorm);

    /// <summary>
    /// Whether each thread has the residual stream of a decoded token to itself: where it is not written by products, but by what threads
    /// compute for themselves.
    /// </summary>
    public bool OwnsResidual => Spec.Has(TensorCondition.NormAfter);

    /// <summary>What is done to each query head before attention.</summary>
    public HeadPlan Queries => HeadPlan.Queries(Spec);

    /// <summary>What is done to each key head before it is stored.</summary>
    public HeadPlan Keys => HeadPlan.Keys(Spec);

    /// <summary>What is done to each value head before it is stored.</summary>
    public HeadPlan Values => HeadPlan.Values(Spec);

    /// <summary>Query heads, padded so that whole vectors hold a number of each.</summary>
    public int PaddedHeads => Pad(Spec.Heads, PanelRows);

    /// <summary>Where keys lie in a row of queries, keys and values.</summary>
    public int KeyOffset => Pad(Spec.QueryDim, PanelRows);

    /// <summary>Where values lie in a row of queries, keys and values.</summary>
    public int ValueOffset => KeyOffset + Pad(Spec.KvDim, PanelRows);

    /// <summary>Bytes of the longest record of 8-bit activations; 0 where there are none.</summary>
    public int MaxRecordBytes => ColumnKinds.Where(kind => IsQuantized(kind.Count)).Select(kind => Record(kind.Count).Bytes)
        .DefaultIfEmpty(0).Max();

    /// <summary>Every buffer of a forward pass.</summary>
    public ScratchPlan Scratch => new(this);

    /// <summary>Tokens of a prefill that passes through every tile of every target once, so that all of it is compiled.</summary>
    public int WarmUpTokens
    {
        get
        {
            List<IReadOnlyList<int>> tiles =
            [
                .. Targets.Select(target => KernelTiles.MatMul(target).Tokens),
                .. Targets.Concat(IntegerTargets).Select(KernelTiles.IntegerMatMul),
            ];
            int most = Math.Min(PrefillChunk, Spec.Context - 1);
            int tokens = tiles.Max(sizes => sizes.Sum());
            while (tokens < most && !tiles.All(sizes => KernelTiles.UsesAll(sizes, tokens)))
                tokens++;
            return Math.Min(tokens, most);
        }
    }

    /// <summary>Whether the layers' heads know an operation.</summary>
    public bool DoesToHeads(HeadOperation operation) =>
        new[] { Queries, Keys, Values }.Any(head => head.Steps.Any(step => step.Operation == operation));

    private bool IsUsed(IntegerBlock format) => Products.Any(product => product.ColumnCount % format.Columns == 0);

    private IEnumerable<KernelVariantPlan> VariantsOf(IntegerBlock format) =>
        VariantsOf(format, manyTokens: false).Concat(VariantsOf(format, manyTokens: true));

    private IEnumerable<KernelVariantPlan> VariantsOf(IntegerBlock format, bool manyTokens) =>
        TargetsOf(IntegerProduct.Of(format, manyTokens)).Select((isa, i) => new KernelVariantPlan(format, manyTokens, i + 1, isa));

    private MatrixPlan Packed(LayerTensor tensor, Epilogue epilogue) =>
        new(tensor.Name, [tensor], tensor.RowsOf(Spec), Product(tensor, epilogue));

    // Half a panel's rows of each in turn, so that what belongs together lies in one panel.
    private MatrixPlan PackedPair(string name, LayerTensor first, LayerTensor second, Epilogue epilogue) =>
        new(name, [first, second], 2 * Pad(first.RowsOf(Spec), PanelRows / 2), Product(first, epilogue));

    // Columns of one size are one kind, so that no kernel is written under two names.
    private ProductPlan Product(LayerTensor tensor, Epilogue epilogue)
    {
        int count = tensor.ColumnsOf(Spec);
        LayerTensor[] kinds = [LayerTensors.Query, LayerTensors.AttentionOutput, LayerTensors.Down];
        LayerTensor first = kinds.First(other => other.ColumnsOf(Spec) == count);
        return new(first.Columns.ToString(), count, epilogue);
    }

    public MatrixPlan Matrix(string name) => Matrices.First(matrix => matrix.Name == name);

    /// <summary>
    /// Floats from one token's row to the next in a scratch buffer: padded to panels, and never a multiple of 2 KiB, which would
    /// put all tokens' rows into two of the first-level cache's sets.
    /// </summary>
    public static int RowStride(int floats)
    {
        int padded = Pad(floats, PanelRows);
        return padded % 512 == 0 ? padded + PanelRows : padded;
    }

    /// <summary>Floats from one token's row of queries, keys and values to the next.</summary>
    public static int QkvStride(ModelSpec spec) => RowStride(Pad(spec.QueryDim, PanelRows) + Pad(spec.KvDim, PanelRows) + spec.KvDim);

    public static int Pad(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
