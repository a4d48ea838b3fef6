using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Cli.Compilation;
using Llamalith.Contracts;

namespace Llamalith.Tests.Compilation;

public class ModelClassWriterTests
{
    private static readonly ModelShape s_plain = new()
    {
        Dim = 64,
        FfnDim = 172,
        Layers = 5,
        Heads = 8,
        KvHeads = 8,
        HeadDim = 8,
        VocabSize = 512,
        Context = 4096,
        TiedEmbeddings = false,
    };

    [Fact]
    public void Class_LeavesOutDefaults() => Assert.Equal(
        """
        using Llamalith;

        [LlamaModel(
            Dim = 64,
            FfnDim = 172,
            Layers = 5,
            Heads = 8,
            VocabSize = 512)]
        public sealed partial class Tiny;

        """,
        ModelClassWriter.WriteFile(Class(s_plain with
        {
            NormEps = 1e-5f,
            RopeTheta = 10000f,
            RopeScaling = RopeScaling.None,
            SlidingWindow = 0,
            QkvBias = false,
        })));

    [Fact]
    public void Class_SpellsEverythingElse() => Assert.Equal(
        """
        using Llamalith;

        namespace A.B;

        /// <summary>One &lt;model> &amp; its engine.</summary>
        [LlamaModel(
            Dim = 64,
            FfnDim = 172,
            Layers = 5,
            Heads = 8,
            KvHeads = 2,
            HeadDim = 16,
            VocabSize = 512,
            Context = 100,
            NormEps = 1e-6,
            RopeTheta = 500000,
            RopeScaling = RopeScaling.Llama3,
            RopeScalingFactor = 32,
            RopeScalingLowFrequencyFactor = 1.5,
            RopeScalingHighFrequencyFactor = 5,
            RopeScalingOriginalContext = 4096,
            TiedEmbeddings = true,
            SlidingWindow = 50,
            QkvBias = true,
            KvCache = KvFormat.F32,
            Isa = Isa.Scalar | Isa.Avx2)]
        public sealed partial class Tiny;

        """,
        ModelClassWriter.WriteFile(
            Class(s_plain with
            {
                KvHeads = 2,
                HeadDim = 16,
                Context = 100,
                NormEps = 1e-6f,
                RopeTheta = 500000,
                RopeScaling = RopeScaling.Llama3,
                RopeScalingFactor = 32,
                RopeScalingLowFrequencyFactor = 1.5,
                RopeScalingHighFrequencyFactor = 5,
                RopeScalingOriginalContext = 4096,
                TiedEmbeddings = true,
                SlidingWindow = 50,
                QkvBias = true,
            }) with { Namespace = "A.B", KvCache = KvFormat.F32, Isa = Isa.Scalar | Isa.Avx2 },
            "One <model> & its engine."));

    [Theory]
    [InlineData(1e-5f, "1e-5")]
    [InlineData(1e-5, "1e-5")]
    [InlineData(1.5e-6, "1.5e-6")]
    [InlineData(500000, "500000")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e30, "1e30")]
    public void Text_IsWhatPeopleWrite(double value, string expected) => Assert.Equal(expected, ModelClassWriter.Text(value));

    /// <summary>What the generator reads from the class is what was written into it.</summary>
    [Fact]
    public void Class_ComesThroughTheGenerator()
    {
        ModelShape[] shapes =
        [
            s_plain,
            s_plain with { KvHeads = 1, Context = 77, NormEps = 1e-6, RopeTheta = 1e6, TiedEmbeddings = true },
            s_plain with { HeadDim = 20, KvHeads = 4, SlidingWindow = 12, QkvBias = true },
            s_plain with
            {
                RopeScaling = RopeScaling.Llama3,
                RopeScalingFactor = 8,
                RopeScalingLowFrequencyFactor = 2,
                RopeScalingHighFrequencyFactor = 3.5,
                RopeScalingOriginalContext = 123,
            },
            s_plain with { RopeScaling = RopeScaling.Linear, RopeScalingFactor = 2.5, NormEps = 1e-5f, VocabSize = 1000 },
        ];
        foreach (ModelShape shape in shapes)
        {
            IReadOnlyList<GeneratedSource> files = EngineCompiler.Generate(Class(shape), TestContext.Current.CancellationToken);
            string model = string.Concat(files
                .Where(static file => file.Path is "Tiny/Model.g.cs" or "Tiny/Engine.g.cs")
                .Select(static file => file.Text));
            Assert.Contains($"const int Dim = {shape.Dim};", model, StringComparison.Ordinal);
            Assert.Contains($"const int KvHeads = {shape.KvHeads};", model, StringComparison.Ordinal);
            Assert.Contains($"const int HeadDim = {shape.HeadDim};", model, StringComparison.Ordinal);
            Assert.Contains($"const int Context = {shape.Context};", model, StringComparison.Ordinal);
            Assert.Contains(
                $"const int VocabSize = {shape.VocabSize:D}", model.Replace("_", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Contains($"TiedEmbeddings = {(shape.TiedEmbeddings ? "true" : "false")},", model, StringComparison.Ordinal);
            Assert.Contains($"RopeScaling.{shape.RopeScaling ?? RopeScaling.None},", model, StringComparison.Ordinal);
            Assert.Contains($"SlidingWindow = {shape.SlidingWindow ?? 0},", model, StringComparison.Ordinal);
            Assert.Contains($"QkvBias = {(shape.QkvBias is true ? "true" : "false")},", model, StringComparison.Ordinal);
            Assert.Equal((float)(shape.NormEps ?? 1e-5), Real(model, "NormEps"));
            Assert.Equal((float)(shape.RopeTheta ?? 10000), Real(model, "RopeTheta"));
            if (shape.RopeScalingFactor is { } factor)
                Assert.Equal((float)factor, Real(model, "RopeScalingFactor"));
            if (shape.RopeScaling == RopeScaling.Llama3)
            {
                Assert.Equal((float)shape.RopeScalingLowFrequencyFactor!, Real(model, "RopeScalingLowFrequencyFactor"));
                Assert.Equal((float)shape.RopeScalingHighFrequencyFactor!, Real(model, "RopeScalingHighFrequencyFactor"));
                Assert.Contains($"RopeScalingOriginalContext = {shape.RopeScalingOriginalContext},", model, StringComparison.Ordinal);
            }
        }
    }

    private static ModelClass Class(ModelShape shape) => new() { Namespace = "", Name = "Tiny", Shape = shape };

    // Of CompiledShape's initialiser.
    private static float Real(string source, string property)
    {
        string line = source.Split('\n').Single(line => line.TrimStart().StartsWith(property + " = ", StringComparison.Ordinal));
        return float.Parse(line.Split('=')[1].Trim(' ', ',', 'd'), System.Globalization.CultureInfo.InvariantCulture);
    }
}
