using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>
/// Adapters as llama.cpp's converter writes them: NAME.lora_a [rank, columns] and NAME.lora_b [rows, rank], of the embedding lora_a turned;
/// one alpha for all.
/// </summary>
internal static class GgufLora
{
    private const string TypeKey = "general.type", KindKey = "adapter.type", AlphaKey = "adapter.lora.alpha";
    private const string A = ".lora_a", B = ".lora_b";

    // What the format has beside, and would be left out of the computation.
    private const string Invocation = "adapter.alora.invocation_tokens";

    public static LoraAdapter Read(GgufFile file)
    {
        if (file.Metadata.GetText(TypeKey) is not "adapter" || file.Metadata.GetText(KindKey) is not "lora")
        {
            throw Bad(
                file, $"{TypeKey} = {Word(file, TypeKey)} and {KindKey} = {Word(file, KindKey)}, but an adapter and lora are expected");
        }

        if (file.Metadata.TryGetValue(Invocation, out _))
            throw Bad(file, $"{Invocation} is there, but adapters that begin within a text cannot be applied");
        string architecture = file.Metadata.GetText(GgufCheckpoint.ArchitectureKey) ?? throw Bad(file, $"{GgufCheckpoint.ArchitectureKey} is missing");
        double alpha = file.Metadata.GetReal(AlphaKey) ?? throw Bad(file, $"{AlphaKey} is missing");
        if (!double.IsFinite(alpha))
            throw Bad(file, $"{AlphaKey} = {alpha}");
        Dictionary<string, LoraPair> pairs = [];
        foreach (GgufTensor right in file.Tensors.Where(static tensor => tensor.Name.EndsWith(A, StringComparison.Ordinal)))
        {
            string name = right.Name[..^A.Length];
            if (!file.TryGetTensor(name + B, out GgufTensor left))
                throw Bad(file, $"{Shown.Text(right.Name)} is there, but not {Shown.Text(name + B)}");
            if (TensorCatalog.CanonicalOfGguf(name) is not { } canonical)
                throw Bad(file, $"{Shown.Text(right.Name)} belongs to no matrix of a Llama model");
            LoraPair pair = canonical == TensorNames.TokenEmbedding
                ? new LoraPair(file.View(right), IsLeftTransposed: false, file.View(left), IsRightTransposed: true, 0)
                : new LoraPair(file.View(left), IsLeftTransposed: false, file.View(right), IsRightTransposed: false, 0);
            pairs.Add(canonical, pair.Checked(file.Path, name) with { Scale = alpha == 0 ? 1 : alpha / pair.Rank });
        }

        return file.Tensors.FirstOrDefault(tensor => !IsOfPair(tensor.Name)) is { } stranger
            ? throw Bad(file, $"the tensor {Shown.Text(stranger.Name)} is no factor of an adapter")
            : new LoraAdapter(file.Path, ModelFamily.OfGguf(architecture)?.GgufLayout ?? throw Bad(
                file, $"{GgufCheckpoint.ArchitectureKey} = {Shown.Text(architecture)}, which cannot be run"), pairs, file);

        bool IsOfPair(string name) => name.EndsWith(A, StringComparison.Ordinal)
            || (name.EndsWith(B, StringComparison.Ordinal) && file.TryGetTensor(name[..^B.Length] + A, out _));
    }

    private static string Word(GgufFile file, string key) => file.Metadata.GetText(key) is { } text ? Shown.Text(text) : "nothing";

    private static ModelFormatException Bad(GgufFile file, FormattableString complaint) =>
        new($"{file.Path}: {complaint.ToString(CultureInfo.InvariantCulture)}.");
}
