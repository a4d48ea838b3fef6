using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Planning;

/// <summary>Which kernels an instruction set is asked for, and how each is tiled.</summary>
internal sealed class KernelPlanner
{
    private readonly ModelPlan _plan;
    private readonly Dialect _isa;
    private readonly List<KernelFamily> _families = [];

    private KernelPlanner(ModelPlan plan, Dialect isa)
    {
        _plan = plan;
        _isa = isa;
    }

    /// <summary>All kernels of an instruction set.</summary>
    public static TargetPlan Of(ModelPlan plan, Dialect isa)
    {
        KernelPlanner planner = new(plan, isa);
        if (isa.MultipliesIntegersOnly)
            planner.Family("Pointwise", [planner.Functions()]);
        foreach (WeightBlock format in plan.Formats)
            planner.AddProducts(format);
        if (!isa.MultipliesIntegersOnly)
            planner.AddRest();
        return new TargetPlan(isa, planner._families);
    }

    private void AddProducts(WeightBlock format)
    {
        List<ProductPlan> products = _plan.Products.Where(product => product.ColumnCount % format.Columns == 0).ToList();
        if (format is IntegerBlock integer)
        {
            IntegerChunkPlan chunk = new(_isa, integer);
            if (IsAskedFor(integer, manyTokens: false))
                Family("MatVec" + format.Name, products.Select(product => MatVec(product, chunk)));
            if (IsAskedFor(integer, manyTokens: true))
            {
                Family("MatMul" + format.Name, products.Count == 0 ? [] : MatMul(products, chunk));
                Family("MatRows" + format.Name, MatRows(products, chunk));
            }
        }
        else if (!_isa.MultipliesIntegersOnly)
        {
            FloatBlock floats = (FloatBlock)format;
            MatVecTile tile = KernelTiles.MatVec(_isa);
            Family("MatVec" + format.Name, products.Select(product => new FloatMatVecPlan(_isa, product, floats, tile)));
            MatMulTile many = KernelTiles.MatMul(_isa);
            Family("MatMul" + format.Name, MatMul(
                products, floats, RowClass.Prompt, [.. many.Tokens.Select(tokens => (tokens, many.RowVectors))]));
            Family("MatRows" + format.Name, MatMul(products, floats, RowClass.Decode, KernelTiles.MatRows(_isa)));
        }
    }

    private IntegerMatVecPlan MatVec(ProductPlan product, IntegerChunkPlan chunk) =>
        new(_isa, product, chunk, KernelTiles.IntegerMatVec(chunk));

    // What products with as many columns share comes first.
    private IEnumerable<KernelPlan> MatMul(List<ProductPlan> products, IntegerChunkPlan chunk)
    {
        IReadOnlyList<int> tokens = KernelTiles.IntegerMatMul(_isa);
        List<string> kinds = products.Select(product => product.Columns).Distinct().ToList();
        Dictionary<string, IntegerUnpackPlan> unpack = kinds.ToDictionary(kind => kind, kind => new IntegerUnpackPlan(_isa, kind, chunk));
        Dictionary<string, List<IntegerTilePlan>> tiles = kinds.ToDictionary(
            kind => kind, kind => tokens.Select(count => new IntegerTilePlan(_isa, kind, chunk, count)).ToList());
        return
        [
            new IntegerChunkKernelPlan(_isa, chunk),
            .. kinds.SelectMany(kind => new KernelPlan[] { unpack[kind] }.Concat(tiles[kind])),
            .. products.Select(product => new IntegerMatMulPlan(_isa, product, unpack[product.Columns], tiles[product.Columns])),
        ];
    }

    private IEnumerable<KernelPlan> MatMul(
        List<ProductPlan> products, FloatBlock format, RowClass rows, IReadOnlyList<(int Tokens, int RowVectors)> sizes)
    {
        int chains = SumOrder.Chains(rows);
        Dictionary<string, List<FloatTilePlan>> tiles = products.GroupBy(product => product.Columns).ToDictionary(
            kind => kind.Key,
            kind => sizes
                .Select(size => new FloatTilePlan(_isa, kind.First(), format, rows, size.RowVectors, size.Tokens, chains))
                .ToList());
        return
        [
            .. tiles.Values.SelectMany(all => all),
            .. products.Select(product => new FloatMatMulPlan(_isa, product, format, rows, tiles[product.Columns])),
        ];
    }

    // The chunk's kernel is that of many tokens.
    private IEnumerable<KernelPlan> MatRows(List<ProductPlan> products, IntegerChunkPlan chunk)
    {
        Dictionary<string, IntegerRowsPlan> panels = products.Select(product => product.Columns).Distinct().ToDictionary(
            columns => columns,
            columns => new IntegerRowsPlan(_isa, columns, chunk, ModelPlan.MaxDecodeRows));
        return [.. panels.Values, .. products.Select(product => new IntegerMatRowsPlan(_isa, product, panels[product.Columns]))];
    }

    private void AddRest()
    {
        int headDim = _plan.Spec.HeadDim;
        Dialect head = _isa.Fit(headDim);
        List<KernelPlan> attention =
        [
            .. Attention(_plan.DecodeAttention),
            .. Attention(_plan.PrefillAttention),
            new CombinePlan(head, _isa, KernelTiles.Combine(head, headDim)),
            new NormalizePlan(head),
            new GatheringPlan(_isa, _isa.Fit(_plan.Cache.Slice), KernelTiles.Gathering),
        ];
        if (_plan.Spec.AttentionSoftCap > 0)
            attention.Add(new CapScoresPlan(_isa));
        Family("Attention", attention);

        List<KernelPlan> pointwise = [Functions(), new RmsNormPlan(_isa), .. HeadKernelPlan.Of(_plan, _isa)];
        if (_plan.OwnsResidual)
            pointwise.Add(new AddNormPlan(_isa));
        foreach ((string columns, int count) in _plan.ColumnKinds.Where(kind => _plan.IsQuantized(kind.Count)))
            pointwise.Add(Quantize(columns, _plan.Record(count)));
        Family("Pointwise", pointwise);
        if (_plan.Training is not { } training)
            return;
        Family("TrainingProducts", [new TrainingProductsPlan(_isa, TrainingPlan.Product(_isa), training.InputStrides)]);
        Family("TrainingHeads", [new TrainingHeadsPlan(head, training.Head(head))]);
        Family("TrainingPointwise",
            [new TrainingPointwisePlan(_isa, head, KernelTiles.Columns(_isa)), .. HeadKernelPlan.Back(_plan, _isa)]);
    }

    private IEnumerable<KernelPlan> Attention(AttentionForm form)
    {
        CacheLayout cache = _plan.Cache;
        Dialect slice = _isa.Fit(cache.Slice);

        // What was widened for many tokens is in the cache already.
        ReadAheadPlan? readAhead = form.CarriesOn ? null : ReadAheadPlan.Cache(_isa);
        yield return new ScoresPlan(_isa, form, KernelTiles.Scores(_isa, form), readAhead);
        yield return new SoftmaxPlan(
            _isa, form, RestoresExponent: form.Widens && cache.LosesExponent, DropsSmallest: form.CarriesOn || _plan.Visible.Forgets);
        yield return new MixPlan(slice, form, KernelTiles.Mix(slice, form, cache.Slice), readAhead);
    }

    private QuantizePlan Quantize(string columns, RecordPlan record) => new(
        _isa,
        columns,
        record,
        record.HasShorts && _isa.SignedBytes == SignedBytes.Widened ? _isa.Fit(IntegerBlock.Units) : null);

    private FunctionsPlan Functions() => new(
        _isa,
        Integers: !_isa.MultipliesIntegersOnly && (_plan.Cache.IsScaled || _plan.Formats.Any(format => format is IntegerBlock)),
        Reduces: !_isa.MultipliesIntegersOnly,
        _plan.Spec.Activation,
        Caps: _plan.Spec.AttentionSoftCap > 0 || _plan.Spec.LogitSoftCap > 0);

    private bool IsAskedFor(IntegerBlock format, bool manyTokens) => _plan.TargetsOf(IntegerProduct.Of(format, manyTokens)).Contains(_isa);

    // No row of some models is whole blocks of a format.
    private void Family(string name, IEnumerable<KernelPlan> kernels)
    {
        List<KernelPlan> all = kernels.ToList();
        if (all.Count > 0)
            _families.Add(new KernelFamily(name, all));
    }
}
