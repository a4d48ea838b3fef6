using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Weights;

/// <summary>Weights.g.cs: every tensor bound by name and shape, packed in the order in which a token streams them.</summary>
internal static class WeightsEmitter
{
    private const string Matrix = "Contracts.PackedMatrix";

    public static string Write(ModelPlan plan) => EngineFile.Write(plan.Spec, writer =>
    {
        List<WeightField> fields = WeightField.Of(plan).ToList();
        writer.Line("/// <summary>One layer's weights: matrices in panels of 32 rows, vectors padded with zeros.</summary>");
        writer.Block("private unsafe struct LayerWeights", () =>
        {
            foreach (WeightField field in fields)
                writer.Line($"public {(field.IsMatrix ? Matrix : "float*")} {field.Name}; // {field.Shape}");
        });
        writer.Line();
        writer.Line("/// <summary>All weights, in one allocation. The token embedding stays in the mapped file: "
            + "a token reads one row of it.</summary>");
        writer.Block("private sealed unsafe class Weights : IDisposable", () =>
        {
            WriteBinding(writer, plan);
            WriteEmbed(writer, plan.Spec);
            writer.Line("""

                /// <summary>Frees the packed weights.</summary>
                public void Dispose()
                {
                    _binder.Dispose();
                    _layers.Dispose();
                }

                """);
            writer.Method("private void BindLayer(int layer, Contracts.RowOrder order)", () =>
            {
                writer.Line("ref LayerWeights to = ref Layer[layer];");
                foreach (WeightField field in fields)
                    writer.Line($"to.{field.Name} = {field.Binding};");
            });
            writer.Line();
            writer.Line("private static string Name(int layer, string tensor) => Contracts.TensorNames.OfLayer(layer, tensor);");
        });
    });

    private static void WriteBinding(SourceWriter writer, ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        string formats = plan.Formats.Select(format => $"Contracts.TensorType.{format.Name}").Join(", ");
        writer.Line($$"""
            private readonly Contracts.WeightBinder _binder;
            private readonly Contracts.NativeBuffer _layers;
            private readonly Contracts.TensorView _embedding;

            public readonly LayerWeights* Layer;
            public readonly float* FinalNorm;
            public readonly {{Matrix}} Classifier;

            """);
        string layout = $"global::Llamalith.RopeLayout.{spec.RopeLayout}";
        string order = spec.RotaryDim == 0
            ? $"Contracts.RowOrder.Between(checkpoint.RopeLayout, {layout}, HeadDim)"
            : $"Contracts.RowOrder.Of(checkpoint, {layout}, HeadDim, RotaryDim)";
        writer.Line("/// <summary>Packs the checkpoint's tensors.</summary>");
        writer.Method("public Weights(Contracts.Checkpoint checkpoint, Contracts.LoadOptions options)", () => writer.Line($$"""
            checkpoint.EnsureMatches(CompiledShape);
            _embedding = checkpoint.GetTensor(Contracts.TensorNames.TokenEmbedding, VocabSize, Dim);
            Contracts.RowOrder order =
                {{order}};
            _binder = new Contracts.WeightBinder(checkpoint, {{Code.Escaped(spec.DisplayName)}}, [{{formats}}], options);
            _layers = new Contracts.NativeBuffer(Layers * sizeof(LayerWeights));
            try
            {
                Layer = (LayerWeights*)_layers.Data;

                // The first round measures and checks every tensor, so that a bad file is refused before anything is packed.
                for (int round = 0; round < 2; round++)
                {
                    for (int layer = 0; layer < Layers; layer++)
                        BindLayer(layer, order);
                    FinalNorm = _binder.Vector(Contracts.TensorNames.FinalNorm, Dim);
                    Classifier =
                        _binder.Matrix(Contracts.TensorNames.{{(spec.TiedEmbeddings ? "TokenEmbedding" : "Classifier")}}, VocabSize, Dim);
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
            """));
        writer.Line();
        writer.Line("/// <summary>Bytes of all panels.</summary>");
        writer.Line("public long Bytes => _binder.Bytes;");
        writer.Line();
        if (plan.Variants.Count > 0)
        {
            writer.Line("/// <summary>Which kernels multiply matrices of each format.</summary>");
            writer.Line("public Contracts.KernelTable Choices => _binder.Choices;");
            writer.Line();
        }

        writer.Line("/// <summary>Tells these weights from others of the same shape.</summary>");
        writer.Line("public string Identity => _binder.Identity;");
        writer.Line();
    }

    private static void WriteEmbed(SourceWriter writer, ModelSpec spec)
    {
        writer.Line("/// <summary>Writes a token's embedding to a row of the residual stream.</summary>");
        writer.Method("public void Embed(int token, float* x)", () =>
        {
            writer.Line("Contracts.WeightReader.ReadRow(in _embedding, token, 0, Dim, x);");
            if (spec.EmbeddingScale != 1)
                writer.Nested("for (int i = 0; i < Dim; i++)", "x[i] *= EmbeddingScale;");
            if (spec.Dim % ModelPlan.PanelRows != 0)
                writer.Line("new FloatSpan(x + Dim, PaddedDim - Dim).Clear();");
        });
    }

    /// <summary>A field of a layer's weights.</summary>
    private sealed record WeightField(string Name, bool IsMatrix, string Shape, string Binding)
    {
        // In the order of the table of tensors; what is packed from two tensors comes where the first of them is.
        public static IEnumerable<WeightField> Of(ModelPlan plan)
        {
            foreach (LayerTensor tensor in LayerTensors.Of(plan.Spec))
            {
                if (tensor.Role != TensorRole.Matrix)
                    yield return new(tensor.Name, false, $"[{tensor.Columns}]",
                        $"_binder.Vector({Stored(tensor)}, {tensor.Columns}{Order(tensor)})");
                else if (plan.Matrices.FirstOrDefault(matrix => matrix.Tensors.Count > 0 && matrix.Tensors[0] == tensor) is { } matrix)
                    yield return OfMatrix(matrix);
            }
        }

        private static WeightField OfMatrix(MatrixPlan matrix)
        {
            LayerTensor first = matrix.Tensors[0];
            string shape = $"[{first.Rows}, {first.Columns}]";
            return matrix.Tensors.Count switch
            {
                1 => new(matrix.Name, true, shape, $"_binder.Matrix({Stored(first)}, {first.Rows}, {first.Columns}{Order(first)})"),
                2 => new(
                    matrix.Name,
                    true,
                    shape + " twice, 16 rows of each in turn",
                    $"_binder.Pair({Stored(first)}, {Stored(matrix.Tensors[1])}, {first.Rows}, {first.Columns})"),
                _ => throw new InvalidOperationException($"{matrix.Name} is packed from {matrix.Tensors.Count} tensors."),
            };
        }

        private static string Stored(LayerTensor tensor) => $"Name(layer, \"{tensor.Stored}\")";

        private static string Order(LayerTensor tensor) => tensor.IsRotated ? ", order" : "";
    }
}
