using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Training;

/// <summary>Where a trainer finds the weights of each tensor, and their gradients.</summary>
internal static class TrainerWeights
{
    /// <summary>The tensors of a layer, by field and by canonical name.</summary>
    public static string[] Layer(ModelSpec spec) =>
    [
        "AttentionNorm", "Query", "Key", "Value", .. spec.QkvBias ? new[] { "QueryBias", "KeyBias", "ValueBias" } : [],
        "AttentionOutput", "FfnNorm", "Gate", "Up", "Down",
    ];

    public static void Write(SourceWriter writer, ModelSpec spec)
    {
        writer.Line("// Where each tensor's weights lie; its gradients lie as far from there as for every other tensor.");
        writer.Block("private struct LayerWeights", () => writer.Line($"public float* {Layer(spec).Join(", ")};"));
        writer.Line();
        writer.Line("private float* _embedding, _finalNorm, _classifier;");
        writer.Line("private nint _toGradient;");
        writer.Line();
        writer.Block("private void FindWeights()", () =>
        {
            writer.Line("_toGradient = (nint)(_parameters.GradientData - _parameters.WeightData);");
            writer.Line("_embedding = Find(LlamalithContracts.TensorNames.TokenEmbedding);");
            writer.Line("_finalNorm = Find(LlamalithContracts.TensorNames.FinalNorm);");
            writer.Line($"_classifier = {(spec.TiedEmbeddings ? "_embedding" : "Find(LlamalithContracts.TensorNames.Classifier)")};");
            writer.Block("for (int layer = 0; layer < Layers; layer++)", () =>
            {
                writer.Line("ref LayerWeights to = ref ((LayerWeights*)_layers.Data)[layer];");
                foreach (string tensor in Layer(spec))
                    writer.Line($"to.{tensor} = Find(LlamalithContracts.TensorNames.OfLayer(layer, LlamalithContracts.TensorNames.{tensor}));");
            });
            writer.Line();
            writer.Line("float* Find(string name) => _parameters.WeightData + _parameters[name].Offset;");
        });
    }
}
