using System.Linq;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission;

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
        (string Name, string Floats, string Shape)[] fields =
        [
            ("AttentionNorm", "PaddedDim", "[Dim]"),
            Matrix("Query", "[QueryDim, Dim]"),
            Matrix("Key", "[KvDim, Dim]"),
            Matrix("Value", "[KvDim, Dim]"),
            .. spec.QkvBias ? Biases.Select(bias => (bias.Field, bias.Rows, $"[{bias.Rows}]")) : [],
            Matrix("AttentionOutput", "[Dim, QueryDim]"),
            ("FfnNorm", "PaddedDim", "[Dim]"),
            Matrix("GateUp", "[FfnDim, Dim] twice, 16 rows of each in turn"),
            Matrix("Down", "[Dim, FfnDim]"),
        ];

        ModelFile.Write(writer, spec, () =>
        {
            writer.Line("/// <summary>One layer's weights: matrices in panels of 32 rows, column after column; vectors padded with zeros.</summary>");
            writer.Block("private unsafe struct LayerWeights", () =>
            {
                foreach ((string name, string _, string shape) in fields)
                    writer.Line($"public float* {name}; // {shape}");
            });
            writer.Line();
            writer.Line("/// <summary>All weights, in one allocation. The token embedding stays in the mapped file: a token reads one row of it.</summary>");
            writer.Block("private sealed unsafe class Weights : IDisposable", () =>
            {
                writer.Line($$"""
                    private readonly LlamalithContracts.Checkpoint _checkpoint;
                    private readonly LlamalithContracts.NativeBuffer _memory;
                    private readonly LlamalithContracts.NativeBuffer _layers;
                    private readonly LlamalithContracts.TensorView _embedding;
                    private readonly LlamalithContracts.LoadOptions _options;
                    private float* _next;

                    public readonly LayerWeights* Layer;
                    public readonly float* FinalNorm;
                    public readonly float* Classifier;

                    /// <summary>Packs the checkpoint's tensors, and owns the checkpoint from then on.</summary>
                    public Weights(LlamalithContracts.Checkpoint checkpoint, LlamalithContracts.LoadOptions options)
                    {
                        checkpoint.EnsureMatches(CompiledShape);
                        _checkpoint = checkpoint;
                        _options = options;
                        _embedding = checkpoint.GetTensor(LlamalithContracts.TensorNames.TokenEmbedding, VocabSize, Dim);
                        _layers = new LlamalithContracts.NativeBuffer(Layers * sizeof(LayerWeights));
                        _memory = new LlamalithContracts.NativeBuffer(TotalFloats * sizeof(float), hugePages: true);
                        try
                        {
                            Layer = (LayerWeights*)_layers.Data;
                            _next = (float*)_memory.Data;
                            LlamalithContracts.RowOrder order = LlamalithContracts.RowOrder.Between(checkpoint.RopeLayout, global::Llamalith.RopeLayout.{{spec.RopeLayout}}, HeadDim);
                            for (int layer = 0; layer < Layers; layer++)
                            {
                                BindLayer(layer, order);
                                options.Progress?.Report((double)(_next - (float*)_memory.Data) / TotalFloats);
                            }

                            FinalNorm = Vector(LlamalithContracts.TensorNames.FinalNorm, Dim, default);
                            Classifier = Matrix({{(spec.TiedEmbeddings ? "LlamalithContracts.TensorNames.TokenEmbedding" : "LlamalithContracts.TensorNames.Classifier")}}, VocabSize, Dim, default);
                            options.Progress?.Report(1);
                        }
                        catch
                        {
                            _memory.Dispose();
                            _layers.Dispose();
                            throw;
                        }
                    }

                    private const long LayerFloats = {{fields.Select(field => $"({field.Floats})").Join(" + ")}};
                    private const long TotalFloats = (Layers * LayerFloats) + PaddedDim + ({{Panels(plan.Matrix("Classifier"))}});

                    /// <summary>Writes a token's embedding to a row of the residual stream.</summary>
                    public void Embed(int token, float* x)
                    {
                        LlamalithContracts.WeightReader.ReadRow(in _embedding, token, 0, Dim, x);
                    """);
                if (spec.Dim % ModelPlan.PanelRows != 0)
                    writer.Line("    new Span<float>(x + Dim, PaddedDim - Dim).Clear();");
                writer.Line("""
                    }

                    /// <summary>Frees the packed weights and closes the checkpoint.</summary>
                    public void Dispose()
                    {
                        _memory.Dispose();
                        _layers.Dispose();
                        _checkpoint.Dispose();
                    }

                    """);
                writer.Block("private void BindLayer(int layer, LlamalithContracts.RowOrder order)", () =>
                {
                    writer.Line("ref LayerWeights to = ref Layer[layer];");
                    writer.Line("to.AttentionNorm = Vector(Name(layer, LlamalithContracts.TensorNames.AttentionNorm), Dim, default);");
                    writer.Line("to.Query = Matrix(Name(layer, LlamalithContracts.TensorNames.Query), QueryDim, Dim, order);");
                    writer.Line("to.Key = Matrix(Name(layer, LlamalithContracts.TensorNames.Key), KvDim, Dim, order);");
                    writer.Line("to.Value = Matrix(Name(layer, LlamalithContracts.TensorNames.Value), KvDim, Dim, default);");
                    if (spec.QkvBias)
                    {
                        foreach ((string field, string tensor, string rows) in Biases)
                            writer.Line($"to.{field} = Vector(Name(layer, LlamalithContracts.TensorNames.{tensor}), {rows}, {(field == "ValueBias" ? "default" : "order")});");
                    }

                    writer.Line("to.AttentionOutput = Matrix(Name(layer, LlamalithContracts.TensorNames.AttentionOutput), Dim, QueryDim, default);");
                    writer.Line("to.FfnNorm = Vector(Name(layer, LlamalithContracts.TensorNames.FfnNorm), Dim, default);");
                    writer.Line("to.GateUp = Pair(Name(layer, LlamalithContracts.TensorNames.Gate), Name(layer, LlamalithContracts.TensorNames.Up), FfnDim, Dim);");
                    writer.Line("to.Down = Matrix(Name(layer, LlamalithContracts.TensorNames.Down), Dim, FfnDim, default);");
                });
                writer.Line("""

                    private static string Name(int layer, string tensor) => LlamalithContracts.TensorNames.OfLayer(layer, tensor);

                    private float* Vector(string name, int length, LlamalithContracts.RowOrder order)
                    {
                        LlamalithContracts.TensorView tensor = _checkpoint.GetTensor(name, 1, length);
                        float* to = Take((length + PanelRows - 1) / PanelRows * PanelRows);
                        LlamalithContracts.WeightPacker.Copy(tensor, order, to);
                        return to;
                    }

                    private float* Matrix(string name, int rows, int columns, LlamalithContracts.RowOrder order)
                    {
                        LlamalithContracts.TensorView tensor = _checkpoint.GetTensor(name, rows, columns);
                        float* to = Take(LlamalithContracts.WeightPacker.Panels(rows) * (long)PanelRows * columns);
                        LlamalithContracts.WeightPacker.Pack(tensor, order, to, _options.Cancellation);
                        return to;
                    }

                    private float* Pair(string first, string second, int rows, int columns)
                    {
                        LlamalithContracts.TensorView lower = _checkpoint.GetTensor(first, rows, columns);
                        LlamalithContracts.TensorView upper = _checkpoint.GetTensor(second, rows, columns);
                        float* to = Take((rows + (PanelRows / 2) - 1) / (PanelRows / 2) * (long)PanelRows * columns);
                        LlamalithContracts.WeightPacker.PackPair(lower, upper, to, _options.Cancellation);
                        return to;
                    }

                    private float* Take(long floats)
                    {
                        float* taken = _next;
                        _next += floats;
                        return taken;
                    }
                    """);
            });
        }, usings: KvCacheEmitter.ContractsAlias);
        return writer.ToString();

        (string Name, string Floats, string Shape) Matrix(string name, string shape) => (name, Panels(plan.Matrix(name)), shape);

        static string Panels(MatrixPlan matrix) => $"{matrix.Name}Panels * (long)PanelRows * {matrix.Kernel.Columns}";
    }
}
