using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Llamalith.Contracts;

namespace Llamalith.Tests.Models;

/// <summary>
/// Models of Llama's make that other families are: Mistral's sliding window, Qwen 2's biases and halves of heads, SmolLM 2's tied
/// embeddings, Llama 3's stretched frequencies. Whatever file they come in, they are the same model.
/// </summary>
public sealed class FamilyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => ["mistral", "qwen2", "smollm2", "llama3"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Family_IsTheSameModelInEveryFile(string family)
    {
        ModelShape shape = ShapeOf(family);
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"], shape: shape), plain = TinyModels.WriteGguf(_folder["plain.gguf"]);
        string folder = TinyModels.WriteSafetensors(_folder["hf"], gguf, family is "mistral" or "qwen2" ? family : "llama");
        await File.WriteAllTextAsync(_folder["text"], string.Concat(Enumerable.Range(0, 200).Select(i => (char)('a' + (i * i % 26)))),
            TestContext.Current.CancellationToken);
        string expected = await ReadAsync(gguf);
        Assert.Equal(expected, await ReadAsync(folder));
        if (family == "qwen2")
            Assert.Equal(expected, await ReadAsync(TinyModels.WriteQwen2Gguf(_folder["qwen2.gguf"], gguf)));

        // What makes the family is not just accepted: it is computed.
        Assert.NotEqual(await ReadAsync(plain), expected);
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        checkpoint.EnsureMatches(shape);
    }

    /// <summary>The class that is shown for a family's file is the one that runs it.</summary>
    [Theory]
    [InlineData("mistral", "SlidingWindow = 24")]
    [InlineData("qwen2", "QkvBias = true")]
    [InlineData("smollm2", "TiedEmbeddings = true")]
    [InlineData("llama3", "RopeScalingOriginalContext = 40")]
    public async Task Inspect_ShowsWhatMakesTheFamily(string family, string property)
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"], shape: ShapeOf(family));
        Assert.Contains(property, await CommandLine.SucceedAsync("inspect", gguf), StringComparison.Ordinal);
        Assert.Contains(property, await CommandLine.SucceedAsync("inspect", TinyModels.WriteSafetensors(_folder["hf"], gguf)),
            StringComparison.Ordinal);
    }

    private Task<string> ReadAsync(string model) =>
        CommandLine.SucceedAsync("perplexity", model, "-f", _folder["text"], "-t", "1", "--kv", "f32");

    private static ModelShape ShapeOf(string family) => family switch
    {
        "mistral" => TinyModels.Shape with { SlidingWindow = 24 },
        "qwen2" => TinyModels.Shape with { QkvBias = true, TiedEmbeddings = true, RopeTheta = 1e6, NormEps = 1e-6 },
        "smollm2" => TinyModels.Shape with { TiedEmbeddings = true, RopeTheta = 1e5 },
        _ => TinyModels.Shape with
        {
            RopeTheta = 5e5,
            RopeScaling = RopeScaling.Llama3,
            RopeScalingFactor = 8,
            RopeScalingLowFrequencyFactor = 1,
            RopeScalingHighFrequencyFactor = 4,
            RopeScalingOriginalContext = 40,
        },
    };
}
