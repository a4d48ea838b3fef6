using System;
using System.Linq;
using System.Text.Json;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tests.Readers;
using Llamalith.Tools;

namespace Llamalith.Tests.Tools;

public sealed class ModelDescriptionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("tiny.gguf", "tiny.llamalith.json")]
    [InlineData("models/tiny-q4_k_m.GGUF", "tiny-q4_k_m.llamalith.json")]
    [InlineData("..\\models\\Tiny 1.1b", "Tiny 1.1b.llamalith.json")]
    [InlineData("models/tiny/", "tiny.llamalith.json")]
    [InlineData("m-00002-of-00003.gguf", "m.llamalith.json")]
    [InlineData("m-0002-of-00003.gguf", "m-0002-of-00003.llamalith.json")]
    [InlineData("модель.gguf", "модель.llamalith.json")]
    [InlineData("a\n;*\"b.gguf", "a____b.llamalith.json")]
    [InlineData("..", "model.llamalith.json")]
    public void FileName_IsTheModels(string model, string expected) => Assert.Equal(expected, ModelDescription.FileNameOf(model));

    [Fact]
    public void Text_IsSortedAndHasWhatTheFileStates()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Write("m.gguf", QuantizationPreset.Q4_K_M, SmallModels.Shape));
        string text = ModelDescription.Of(checkpoint, "models\\m.gguf").ToJson();
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement root = document.RootElement;
        Assert.Equal(
            ["file", "header", "hyperparameters", "tensors", "weights"], root.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("models/m.gguf", root.GetProperty("file").GetString());
        Assert.Matches("^sha256:[0-9a-f]{64}$", root.GetProperty("header").GetString());
        Assert.Contains("\"KvHeads\": { \"key\": \"llama.attention.head_count_kv\", \"value\": 2 }", text, StringComparison.Ordinal);
        Assert.Contains(
            "\"NormEps\": { \"key\": \"llama.attention.layer_norm_rms_epsilon\", \"value\": 1E-05 }", text, StringComparison.Ordinal);
        Assert.Contains("\"RopeScaling\": { \"key\": \"llama.rope.scaling.type\", \"value\": \"None\" }", text, StringComparison.Ordinal);
        Assert.Contains("\"blk.0.attn_k.weight\": \"Q4_K [128, 256]\"", text, StringComparison.Ordinal);
        Assert.Equal(["Q4_K", "Q6_K"], root.GetProperty("weights").EnumerateArray().Select(static name => name.GetString()));
        foreach (string member in (string[])["hyperparameters", "tensors"])
        {
            string[] names = [.. root.GetProperty(member).EnumerateObject().Select(static entry => entry.Name)];
            Assert.Equal(names.Order(StringComparer.Ordinal), names);
        }

        Assert.Equal(text, ModelDescription.Parse(text, "m").ToJson());
    }

    [Fact]
    public void PackedFile_SaysTheOrderOfItsRows()
    {
        string packed = _folder["m.llith"];
        using (Checkpoint source = Checkpoint.Open(Write("m.gguf", QuantizationPreset.Q8_0, SmallModels.Shape)))
            ModelPacker.Pack(source, packed, new PackOptions { Target = "any", RopeLayout = RopeLayout.HalfSplit });
        using Checkpoint checkpoint = Checkpoint.Open(packed);
        Assert.Contains(
            "\"RopeLayout\": { \"key\": \"llith.rope_layout\", \"value\": \"HalfSplit\" }",
            ModelDescription.Of(checkpoint, "m.llith").ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherModel_IsToldBothSidesOf()
    {
        ModelDescription one = Of("a.gguf", QuantizationPreset.Q8_0, SmallModels.Shape);
        ModelDescription other = Of("b.gguf", QuantizationPreset.F16, SmallModels.Shape with { Layers = 1, RopeTheta = 500000 });
        string[] differences = [.. other.DifferencesFrom(one, "m.gguf", "m.llamalith.json")];
        Assert.Contains("Layers = 2 in m.llamalith.json, but llama.block_count = 1 in m.gguf", differences);
        Assert.Contains("RopeTheta = 10000 in m.llamalith.json, but llama.rope.freq_base = 500000 in m.gguf", differences);
        Assert.Contains("Weights = Q8_0 in m.llamalith.json, but m.gguf has F16", differences);
        Assert.Contains("blk.1.attn_q.weight is Q8_0 [256, 256] in m.llamalith.json, but missing in m.gguf", differences);
        Assert.Contains(differences, difference => difference.StartsWith("header = sha256:", StringComparison.Ordinal));
        Assert.False(one.IsPartOf(other));
    }

    [Fact]
    public void TextOfAnEarlierVersion_IsPartOfALaterOne()
    {
        ModelDescription now = Of("a.gguf", QuantizationPreset.Q8_0, SmallModels.Shape);
        string[] lines = now.ToJson().Split('\n');
        ModelDescription before =
            ModelDescription.Parse(
                string.Join('\n', lines.Where(static line => !line.Contains("\"QkvBias\"", StringComparison.Ordinal))), "m");
        Assert.True(before.IsPartOf(now));
        Assert.False(now.IsPartOf(before));
        Assert.False(ModelDescription.Parse(now.ToJson().Replace("\"value\": 64 }", "\"value\": 63 }", StringComparison.Ordinal), "m")
            .IsPartOf(now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{ \"file\": 1 }")]
    [InlineData("{ \"file\": \"m\", \"header\": \"h\", \"weights\": {}, \"hyperparameters\": {}, \"tensors\": {} }")]
    [InlineData("{ \"file\": \"m\", \"header\": \"h\", \"weights\": [], \"hyperparameters\": { \"Dim\": 64 }, \"tensors\": {} }")]
    public void TextOfAnotherKind_IsRefusedByItsName(string text) => Assert.StartsWith(
        "m.llamalith.json is no description of a model: ",
        Assert.Throws<ModelFormatException>(() => ModelDescription.Parse(text, "m.llamalith.json")).Message, StringComparison.Ordinal);

    private ModelDescription Of(string name, QuantizationPreset preset, ModelShape shape)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Write(name, preset, shape));
        return ModelDescription.Of(checkpoint, "m.gguf");
    }

    private string Write(string name, QuantizationPreset preset, ModelShape shape)
    {
        string path = _folder[name];
        RandomModel.Write(path, shape, preset);
        return path;
    }
}
