using System.Linq;
using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Weights;

/// <summary>Weights.g.cs: every tensor bound by name and shape, packed in the order in which a token streams them.</summary>
internal static class WeightsEmitter
{
    private static readonly (string Field, string Tensor, string Rows)[] Biases =
    [
        ("QueryBias", "QueryBias", "QueryDim"),
        ("KeyBias", "KeyBias", "KvDim"),
        ("ValueBias", "ValueBias", "KvDim"),
    ];

    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        SourceWriter writer = new();
        string formats = plan.Formats.Select(format => $"LlamalithContracts.TensorType.{format.Name}").Join(", ");
        (string Type, string Name, string Shape)[] fields =
        [
            ("float*", "AttentionNorm", "[Dim]"),
            (Matrix, "Query", "[QueryDim, Dim]"),
            (Matrix, "Key", "[KvDim, Dim]"),
            (Matrix, "Value", "[KvDim, Dim]"),
            .. spec.QkvBias ? Biases.Select(bias => ("float*", bias.Field, $"[{bias.Rows}]")) : [],
            (Matrix, "AttentionOutput", "[Dim, QueryDim]"),
            ("float*", "FfnNorm", "[Dim]"),
            (Matrix, "GateUp", "[FfnDim, Dim] twice, 16 rows of each in turn"),
            (Matrix, "Down", "[Dim, FfnDim]"),
        ];

        ModelFile.Write(writer, spec, () =>
        {
            writer.Line("/// <summary>One layer's weights: matrices in panels of 32 rows, vectors padded with zeros.</summary>");
            writer.Block("private unsafe struct LayerWeights", () =>
            {
                foreach ((string type, string name, string shape) in fields)
                    writer.Line($"public {type} {name}; // {shape}");
            });
            writer.Line();
            writer.Line("/// <summary>All weights, in one allocation. The token embedding stays in the mapped file: a token reads one row of it.</summary>");
            writer.Block("private sealed unsafe class Weights : IDisposable", () =>
            {
                writer.Line($$"""
                    private readonly LlamalithContracts.Checkpoint _checkpoint;
                    private readonly LlamalithContracts.WeightBinder _binder;
                    private readonly LlamalithContracts.NativeBuffer _layers;
                    private readonly LlamalithContracts.TensorView _embedding;

                    public readonly LayerWeights* Layer;
                    public readonly float* FinalNorm;
                    public readonly LlamalithContracts.PackedMatrix Classifier;

                    /// <summary>Packs the checkpoint's tensors, and owns the checkpoint from then on.</summary>
                    public Weights(LlamalithContracts.Checkpoint checkpoint, LlamalithContracts.LoadOptions options)
                    {
                        checkpoint.EnsureMatches(CompiledShape);
                        _checkpoint = checkpoint;
                        _embedding = checkpoint.GetTensor(LlamalithContracts.TensorNames.TokenEmbedding, VocabSize, Dim);
                        LlamalithContracts.RowOrder order = LlamalithContracts.RowOrder.Between(checkpoint.RopeLayout, global::Llamalith.RopeLayout.{{spec.RopeLayout}}, HeadDim);
                        _binder = new LlamalithContracts.WeightBinder(checkpoint, nameof({{spec.TypeName}}), [{{formats}}], options);
                        _layers = new LlamalithContracts.NativeBuffer(Layers * sizeof(LayerWeights));
                        try
                        {
                            Layer = (LayerWeights*)_layers.Data;

                            // The first round measures and checks every tensor, so that a bad file is refused before anything is packed.
                            for (int round = 0; round < 2; round++)
                            {
                                for (int layer = 0; layer < Layers; layer++)
                                    BindLayer(layer, order);
                                FinalNorm = _binder.Vector(LlamalithContracts.TensorNames.FinalNorm, Dim);
                                Classifier = _binder.Matrix({{(spec.TiedEmbeddings ? "LlamalithContracts.TensorNames.TokenEmbedding" : "LlamalithContracts.TensorNames.Classifier")}}, VocabSize, Dim);
                                if (round == 0)
                                    _binder.Allocate();
                            }
                        }
                        catch
                        {
                            _binder.Dispose();
                            _layers.Dispose();
                            throw;
                        }
                    }

                    /// <summary>Bytes of all panels.</summary>
                    public long Bytes => _binder.Bytes;

                    /// <summary>Tells these weights from others of the same shape.</summary>
                    public string Identity => _binder.Identity;

                    /// <summary>Writes a token's embedding to a row of the residual stream.</summary>
                    public void Embed(int token, float* x)
                    {
                        LlamalithContracts.WeightReader.ReadRow(in _embedding, token, 0, Dim, x);
                    """);
                if (spec.Dim % ModelPlan.PanelRows != 0)
                    writer.Line("    new Span<float>(x + Dim, PaddedDim - Dim).Clear();");
                writer.Line("}");
                if (spec.Prompts.Count > 0)
                {
                    writer.Line();
                    writer.Line("/// <summary>The checkpoint that the weights were bound from.</summary>");
                    writer.Line("public LlamalithContracts.Checkpoint Checkpoint => _checkpoint;");
                }

                writer.Line("""

                    /// <summary>Frees the packed weights and closes the checkpoint.</summary>
                    public void Dispose()
                    {
                        _binder.Dispose();
                        _layers.Dispose();
                        _checkpoint.Dispose();
                    }

                    """);
                writer.Block("private void BindLayer(int layer, LlamalithContracts.RowOrder order)", () =>
                {
                    writer.Line("ref LayerWeights to = ref Layer[layer];");
                    writer.Line("to.AttentionNorm = _binder.Vector(Name(layer, LlamalithContracts.TensorNames.AttentionNorm), Dim);");
                    writer.Line("to.Query = _binder.Matrix(Name(layer, LlamalithContracts.TensorNames.Query), QueryDim, Dim, order);");
                    writer.Line("to.Key = _binder.Matrix(Name(layer, LlamalithContracts.TensorNames.Key), KvDim, Dim, order);");
                    writer.Line("to.Value = _binder.Matrix(Name(layer, LlamalithContracts.TensorNames.Value), KvDim, Dim);");
                    if (spec.QkvBias)
                    {
                        foreach ((string field, string tensor, string rows) in Biases)
                            writer.Line($"to.{field} = _binder.Vector(Name(layer, LlamalithContracts.TensorNames.{tensor}), {rows}{(field == "ValueBias" ? "" : ", order")});");
                    }

                    writer.Line("to.AttentionOutput = _binder.Matrix(Name(layer, LlamalithContracts.TensorNames.AttentionOutput), Dim, QueryDim);");
                    writer.Line("to.FfnNorm = _binder.Vector(Name(layer, LlamalithContracts.TensorNames.FfnNorm), Dim);");
                    writer.Line("to.GateUp = _binder.Pair(Name(layer, LlamalithContracts.TensorNames.Gate), Name(layer, LlamalithContracts.TensorNames.Up), FfnDim, Dim);");
                    writer.Line("to.Down = _binder.Matrix(Name(layer, LlamalithContracts.TensorNames.Down), Dim, FfnDim);");
                });
                writer.Line();
                writer.Line("private static string Name(int layer, string tensor) => LlamalithContracts.TensorNames.OfLayer(layer, tensor);");
            });
        }, usings: KvCacheEmitter.ContractsAlias);
        return writer.ToString();
    }

    private const string Matrix = "LlamalithContracts.PackedMatrix";
}
