using System;
using System.Collections.Immutable;
using System.Linq;
using Llamalith.Generator;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Tests.Pipeline;

/// <summary>Classes whose sizes come from what the build read of a model file.</summary>
public sealed class FromFileTests
{
    private const string Tiny = """
        [Llamalith.LlamaModel(From = "models/tiny.gguf")]
        public sealed partial class Tiny;
        """;

    private const string Other = """
        [Llamalith.LlamaModel(From = "other.gguf")]
        public sealed partial class Other;
        """;

    private const string Elsewhere = "class Elsewhere { int Answer() => 42; }";

    private static readonly TestFile s_other = FileTexts.Of("other.gguf", FileTexts.Small);

    [Fact]
    public void Class_IsWhatItsSizesWrittenOutGive()
    {
        ImmutableArray<GeneratedSourceResult> read = Generate(Tiny, FileTexts.Of("models/tiny.gguf", FileTexts.Small));
        ImmutableArray<GeneratedSourceResult> written = Compiler.Generate(Tiny.Replace(
            "From = \"models/tiny.gguf\"",
            "Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, TiedEmbeddings = true",
            StringComparison.Ordinal));
        Assert.NotEmpty(read);
        Assert.Equal(written.Select(static file => file.SourceText.ToString()), read.Select(static file => file.SourceText.ToString()));
    }

    [Theory]
    [InlineData("Context", "131072", "", "public const int Context = 8192;")]
    [InlineData("Context", "131072", ", Context = 9216", "public const int Context = 9216;")]
    [InlineData("Context", "512", ", Context = 128", "public const int Context = 128;")]
    [InlineData("KvHeads", "2", ", KvCache = Llamalith.KvFormat.F32", "public const int KvHeads = 2;")]
    public void Value_IsTheFilesUnlessItIsWritten(string name, string value, string more, string expected)
    {
        string source = Tiny.Replace("\")]", "\"" + more + ")]", StringComparison.Ordinal);
        ImmutableArray<GeneratedSourceResult> files =
            Generate(source, FileTexts.Of("models/tiny.gguf", FileTexts.With(FileTexts.Small, name, value)));
        Assert.Contains(files, file => file.SourceText.ToString().Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Formats_AreTheFiles()
    {
        string[] wide = FileTexts.With(FileTexts.With(FileTexts.Small, "Dim", "256"), "FfnDim", "512");
        wide = FileTexts.With(wide, "HeadDim", "32");
        string[] names =
            [.. Generate(Tiny, FileTexts.Of("models/tiny.gguf", wide, "\"Q4_K\", \"Q6_K\"")).Select(static file => file.HintName)];
        Assert.Contains(names, static name => name.Contains("Q4_K", StringComparison.Ordinal));
        Assert.Contains(names, static name => name.Contains("Q6_K", StringComparison.Ordinal));
        Assert.DoesNotContain(names, static name => name.Contains("MatVecF32", StringComparison.Ordinal));
    }

    [Fact]
    public void Class_WithoutItsText_GetsNothing() => Assert.Empty(Generate(Tiny, s_other));

    [Fact]
    public void Keystroke_ReadsNoFile()
    {
        TestFile tiny = FileTexts.Of("models/tiny.gguf", FileTexts.Small);
        CSharpCompilation compilation = Compiler.Compile(Tiny, Elsewhere);
        GeneratorDriver driver = Compiler.CreateDriver(files: tiny).RunGenerators(compilation, TestContext.Current.CancellationToken);
        Assert.Equal(1, tiny.Reads);
        SyntaxTree tree = compilation.SyntaxTrees.Single(static tree => tree.ToString() == Elsewhere);
        compilation = compilation.ReplaceSyntaxTree(
            tree, tree.WithChangedText(SourceText.From(Elsewhere.Replace("42", "43", StringComparison.Ordinal))));
        GeneratorRunResult second =
            driver.RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();
        Assert.Equal(1, tiny.Reads);
        Assert.All(
            second.TrackedOutputSteps.SelectMany(static step => step.Value).SelectMany(static run => run.Outputs),
            static output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
    }

    [Fact]
    public void ChangedText_ChangesItsClassOnly()
    {
        TestFile tiny = FileTexts.Of("models/tiny.gguf", FileTexts.Small);
        GeneratorDriver driver = Compiler.CreateDriver(files: [tiny, s_other])
            .RunGenerators(Compiler.Compile(Tiny, Other), TestContext.Current.CancellationToken);

        // As an editor has it: the compilation stays.
        CSharpCompilation compilation = Compiler.Compile(Tiny, Other);
        driver = driver.RunGenerators(compilation, TestContext.Current.CancellationToken);
        TestFile deeper = FileTexts.Of("models/tiny.gguf", FileTexts.With(FileTexts.Small, "Layers", "6"));
        GeneratorRunResult result = driver.ReplaceAdditionalText(tiny, deeper)
            .RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();
        Assert.Equal(
            [IncrementalStepRunReason.Modified, IncrementalStepRunReason.Unchanged],
            result.TrackedSteps[TrackingNames.Described].SelectMany(static run => run.Outputs).Select(static output => output.Reason));
        Assert.Contains(result.GeneratedSources, static file =>
            file.HintName.StartsWith("Tiny/", StringComparison.Ordinal)
                && file.SourceText.ToString().Contains("public const int Layers = 6;", StringComparison.Ordinal));
        Assert.All(
            result.TrackedOutputSteps.SelectMany(static step => step.Value).SelectMany(static run => run.Outputs)
                .GroupBy(static output => output.Reason).Select(static group => group.Key),
            static reason => Assert.Contains(reason, new[] { IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached }));
    }

    [Fact]
    public void TextThatSaysNothingNew_ChangesNothing()
    {
        TestFile tiny = FileTexts.Of("models/tiny.gguf", FileTexts.Small);
        CSharpCompilation compilation = Compiler.Compile(Tiny);
        GeneratorDriver driver = Compiler.CreateDriver(files: tiny).RunGenerators(compilation, TestContext.Current.CancellationToken);
        TestFile again = new(tiny.Path, tiny.Text.Replace("sha256:00", "sha256:01", StringComparison.Ordinal));
        GeneratorRunResult result = driver.ReplaceAdditionalText(tiny, again)
            .RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();
        Assert.All(
            result.TrackedOutputSteps.SelectMany(static step => step.Value).SelectMany(static run => run.Outputs),
            static output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
    }

    private static ImmutableArray<GeneratedSourceResult> Generate(string source, params AdditionalText[] files)
    {
        GeneratorRunResult result = Compiler.CreateDriver(files: files)
            .RunGenerators(Compiler.Compile(source), TestContext.Current.CancellationToken).GetRunResult().Results.Single();
        Assert.Null(result.Exception);
        return result.GeneratedSources;
    }
}
