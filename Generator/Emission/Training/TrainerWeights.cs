using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Training;

/// <summary>Where a trainer finds the weights of each tensor, and their gradients.</summary>
internal static class TrainerWeights
{
    public static void Write(SourceWriter writer, ModelSpec spec)
    {
        writer.Line("// Where each tensor's weights lie; its gradients lie as far from there as for every other tensor.");
        writer.Block("private struct LayerWeights", () =>
            writer.Line($"public float* {LayerTensors.Of(spec).Select(static tensor => tensor.Name).Join(", ")};"));
        writer.Line();
        writer.Line("private float* _embedding, _finalNorm, _classifier;");
        writer.Line("private nint _toGradient;");
        writer.Line();
        writer.Method("private void FindWeights()", () =>
        {
            writer.Line("_toGradient = (nint)(Parameters.GradientData - Parameters.WeightData);");
            writer.Line("_embedding = Find(Contracts.TensorNames.TokenEmbedding);");
            writer.Line("_finalNorm = Find(Contracts.TensorNames.FinalNorm);");
            writer.Line($"_classifier = {(spec.TiedEmbeddings ? "_embedding" : "Find(Contracts.TensorNames.Classifier)")};");
            writer.Block("for (int layer = 0; layer < Layers; layer++)", () =>
            {
                writer.Line("ref LayerWeights to = ref ((LayerWeights*)_layers.Data)[layer];");
                foreach (LayerTensor tensor in LayerTensors.Of(spec))
                    writer.Line($"to.{tensor.Name} = Find(Contracts.TensorNames.OfLayer(layer, \"{tensor.Stored}\"));");
            });
        });
    }
}
