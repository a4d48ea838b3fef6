using System;
using System.Threading.Tasks;
using Llamalith.Tests.Harness;

namespace Llamalith.Tests.Reading;

/// <summary>What is said of a class and the model file that it is made or loaded from.</summary>
public sealed class FileDiagnosticsTests
{
    private const string Sizes = "Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, VocabSize = 512, TiedEmbeddings = true";

    private static readonly TestFile s_beside = FileTexts.Of("models/tiny.gguf", FileTexts.Small);

    [Fact]
    public async Task SoundClass_IsLeftInPeace()
    {
        Assert.Empty(await Analyzer.ReportAsync(Model("From = \"models/tiny.gguf\""), s_beside));
        Assert.Empty(
            await Analyzer.ReportAsync(Model("From = \"models/tiny.gguf\", Context = 100, KvHeads = 4, NormEps = 1e-5"), s_beside));
        Assert.Empty(await Analyzer.ReportAsync(
            Model(Sizes + ", KvHeads = 4, Context = 512, Weights = WeightFormat.F32 | WeightFormat.Q8_0"),
            FileTexts.Seen("tiny.gguf", FileTexts.Small, ["My.Tiny", "My.Other"])));
    }

    [Fact]
    public async Task FileThatWasNotRead_IsNamedWithItsText() => Assert.Equal(
        ["LLAMA036 at `From = \"tiny.gguf\"`: From = tiny.gguf, but there is no tiny.llamalith.json among the project's files; the first "
            + "build where the model file is writes it"],
        await Analyzer.ReportAsync(Model("From = \"tiny.gguf\""), s_beside));

    [Theory]
    [InlineData("no JSON", "it is no JSON from line 1 on")]
    [InlineData("{ \"file\": \"models/tiny.gguf\" }", "hyperparameters is missing")]
    [InlineData("{ \"file\": 3, \"hyperparameters\": {}, \"weights\": [] }", "file is missing")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]", "it is no JSON from line 1 on")]
    [InlineData("{ \"file\": \"models/tiny.gguf\", \"hyperparameters\": { \"Dim\": { \"key\": \"k\", \"value\": [] } }, \"weights\": [] }",
        "hyperparameters.Dim.value is neither a number nor true, false or a string")]
    [InlineData("{ \"file\": \"models/tiny.gguf\", \"hyperparameters\": { \"Dim\": { \"key\": \"k\", \"value\": 1.5 } }, \"weights\": [] }",
        "Dim = 1.5 is no integer")]
    [InlineData(
        "{ \"file\": \"models/tiny.gguf\", \"hyperparameters\": { \"RopeScaling\": { \"key\": \"k\", \"value\": \"Odd\" } }, \"weights\": "
            + "[] }",
        "RopeScaling = Odd is no member of RopeScaling")]
    [InlineData(
        "{ \"file\": \"models/tiny.gguf\", \"hyperparameters\": { \"Novelty\": { \"key\": \"k\", \"value\": 1 } }, \"weights\": [] }",
        "this version of Llamalith knows no Novelty, which models/tiny.gguf has")]
    [InlineData(
        "{ \"file\": \"models/tiny.gguf\", \"hyperparameters\": {}, \"weights\": [\"Q9_9\"] }", "one of Q9_9 is no format of weights")]
    public async Task UnusableText_IsReportedAtFrom(string text, string problem) => Assert.Equal(
        [$"LLAMA037 at `From = \"models/tiny.gguf\"`: tiny.llamalith.json is no description of a model file for this compiler: {problem}"],
        await Analyzer.ReportAsync(Model("From = \"models/tiny.gguf\""), new TestFile("/project/tiny.llamalith.json", text)));

    [Fact]
    public async Task ValueBesideFrom_ThatTheFileContradicts_IsReportedAtTheArgument() => Assert.Equal(
        [
            "LLAMA038 at `KvHeads = 8`: KvHeads = 8, but llama.attention.head_count_kv = 4 (models/tiny.gguf)",
            "LLAMA038 at `Context = 1024`: Context = 1024, but llama.context_length = 512 (models/tiny.gguf)",
        ],
        await Analyzer.ReportAsync(Model("From = \"models/tiny.gguf\", KvHeads = 8, Context = 1024"), s_beside));

    [Fact]
    public async Task ClassThatAnotherModelIsLoadedInto_IsToldOfEachDifference() => Assert.Equal(
        [
            "LLAMA038 at `LlamaModel(Dim = 64, FfnDim = 192, Layers = 5, Heads = 8, VocabSize = 512, TiedEmbeddings = true, KvHeads = 2, "
                + "Context = 512, Weights = WeightFormat.Q8_0)`: QkvBias = false, but has blk.0.attn_q.bias = true (tiny.gguf)",
            "LLAMA038 at `KvHeads = 2`: KvHeads = 2, but llama.attention.head_count_kv = 4 (tiny.gguf)",
            "LLAMA038 at `Weights = WeightFormat.Q8_0`: Weights = Q8_0, but tiny.gguf has Q4_0 and Q4_1 (tiny.gguf)",
        ],
        await Analyzer.ReportAsync(
            Model(Sizes.Replace("172", "192", StringComparison.Ordinal) + ", KvHeads = 2, Context = 512, Weights = WeightFormat.Q8_0"),
            FileTexts.Seen("tiny.gguf", FileTexts.With(FileTexts.With(FileTexts.Small, "QkvBias", "true"), "FfnDim", "192"), ["My.Tiny"],
                "\"Q4_0\", \"Q4_1\", \"Q8_0\"")));

    [Fact]
    public async Task WhatFewModelsHave_IsComparedThoughTheFileIsSilent() => Assert.Equal(
        ["LLAMA038 at `QkNorm = QkNorm.Head`: QkNorm = Head, but models/tiny.gguf has none (models/tiny.gguf)"],
        await Analyzer.ReportAsync(Model("From = \"models/tiny.gguf\", QkNorm = QkNorm.Head"), s_beside));

    private static string Model(string arguments) =>
        $"using Llamalith;\nnamespace My;\n[LlamaModel({arguments})] public sealed partial class Tiny;";
}
