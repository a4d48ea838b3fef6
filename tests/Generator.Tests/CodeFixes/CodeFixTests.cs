using System;
using System.Collections.Immutable;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Generator.CodeFixes;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Llamalith.Tests.CodeFixes;

public sealed class CodeFixTests
{
    private const string Small = "Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, VocabSize = 512";

    [Theory]
    [InlineData("public sealed class Tiny;", "public sealed partial class Tiny;")]
    [InlineData("class Tiny\n{\n}", "partial class Tiny\n{\n}")]
    [InlineData("// a remark\nclass Tiny;", "// a remark\npartial class Tiny;")]
    public async Task NotPartial_IsMadePartial(string before, string after) => Assert.Equal(
        Model(Small, after), await FixAsync(new MakePartialFix(), "LLAMA001", "Make partial", Model(Small, before)));

    [Theory]
    [InlineData("static", "public static partial class Tiny;", "public partial class Tiny;")]
    [InlineData("abstract", "/// <summary>The model.</summary>\nabstract partial class Tiny;",
        "/// <summary>The model.</summary>\npartial class Tiny;")]
    [InlineData("file", "file partial class Tiny;", "partial class Tiny;")]
    public async Task UnusableModifier_IsRemoved(string modifier, string before, string after) => Assert.Equal(
        Model(Small, after), await FixAsync(new RemoveModifierFix(), "LLAMA004", $"Remove '{modifier}'", Model(Small, before)));

    [Fact]
    public async Task UnusableClass_WithoutAModifierAtFault_HasNoFix() => Assert.Empty(
        await ActionsAsync(new RemoveModifierFix(), "LLAMA004", Model(Small, "partial record Tiny;")));

    [Theory]
    [InlineData("LLAMA008", "KvHeads = 3", "KvHeads = 4")]
    [InlineData("LLAMA008", "KvHeads = /* why */ 5 // a guess\n", "KvHeads = /* why */ 4 // a guess\n")]
    [InlineData("LLAMA009", "KvHeads = 12", "KvHeads = 8")]
    public async Task KvHeads_IsSetToTheNearestThatDivides(string id, string before, string after) => Assert.Equal(
        Model($"{Small}, {after}"),
        await FixAsync(new SetArgumentFix(), id, "Set KvHeads = " + (id == "LLAMA008" ? "4" : "8"), Model($"{Small}, {before}")));

    [Fact]
    public async Task KvHeads_GivenByThePreset_IsAdded() => Assert.Equal(
        Model("LlamaPreset.Llama2_70B, Heads = 44, HeadDim = 128, KvHeads = 11"),
        await FixAsync(new SetArgumentFix(), "LLAMA008", "Set KvHeads = 11", Model("LlamaPreset.Llama2_70B, Heads = 44, HeadDim = 128")));

    [Theory]
    [InlineData("LLAMA040", "KvCacheModel", "public sealed partial class KvCache;\n\nclass User { KvCache Use; }",
        "public sealed partial class KvCacheModel;\n\nclass User { KvCacheModel Use; }")]
    [InlineData("LLAMA041", "OwnDim", "public sealed partial class Tiny { private int Dim = 1; int Twice => 2 * Dim; }",
        "public sealed partial class Tiny { private int OwnDim = 1; int Twice => 2 * OwnDim; }")]
    [InlineData("LLAMA041", "OwnDispose", "public sealed partial class Tiny { public void Dispose() { } }",
        "public sealed partial class Tiny { public void OwnDispose() { } }")]
    public async Task NameOfTheEngines_IsRenamedWhereverItIsUsed(string id, string name, string before, string after) => Assert.Equal(
        Model(Small, after), await FixAsync(new RenameFix(), id, $"Rename to '{name}'", Model(Small, before)));

    [Theory]
    [InlineData("Take 4 from the file", "KvHeads = 4")]
    [InlineData(
        "Take all from the file",
        "KvHeads = 4, Layers = 5, Weights = WeightFormat.Q4_K | WeightFormat.Q6_K, RopeScaling = RopeScaling.Linear, RopeScalingFactor "
            + "= 4")]
    public async Task Mismatch_IsTakenFromTheFile(string title, string after)
    {
        const string Others = "Dim = 256, FfnDim = 512, Heads = 8, VocabSize = 512, TiedEmbeddings = true, Context = 512";
        string[] model = FileTexts.With(FileTexts.With(FileTexts.With(FileTexts.Small, "Dim", "256"), "FfnDim", "512"), "HeadDim", "32");
        TestFile seen = FileTexts.Seen(
            "m.gguf", [.. FileTexts.With(model, "RopeScaling", "\"Linear\""), "RopeScalingFactor llama.rope.scaling.factor 4"], ["Tiny"],
            "\"Q4_K\", \"Q6_K\"");
        string rest = title.Contains("all", StringComparison.Ordinal)
            ? "Layers = 6, Weights = WeightFormat.F32" : "Layers = 5, Weights = WeightFormat.Q4_K_M";
        ImmutableArray<CodeAction> actions = await ActionsAsync(
            new SetArgumentFix(), "LLAMA038", Model($"{Others}, KvHeads = 8, {rest}"), "KvHeads = 8", seen);
        string text = await ApplyAsync(Assert.Single(actions, action => action.Title == title));
        string expected = title.Contains("all", StringComparison.Ordinal) ? after : $"{after}, {rest}";
        Assert.Equal(Model($"{Others}, {expected}"), text);
    }

    [Fact]
    public async Task Constructor_ThatDoesNothing_IsRemoved()
    {
        Assert.Equal(
            Model(Small, "public sealed partial class Tiny\n{\n}"),
            await FixAsync(new RemoveConstructorFix(), "LLAMA042", "Remove the constructor",
                Model(Small, "public sealed partial class Tiny\n{\n    public Tiny()\n    {\n    }\n}")));
        Assert.Empty(await ActionsAsync(
            new RemoveConstructorFix(), "LLAMA042", Model(Small, "partial class Tiny { public Tiny() { System.GC.Collect(); } }")));
    }

    private static string Model(string arguments, string declaration = "public sealed partial class Tiny;") =>
        $"using Llamalith;\n\n[LlamaModel({arguments})]\n{declaration}\n";

    /// <summary>The source after a fix of that title; nothing is left to complain of.</summary>
    private static async Task<string> FixAsync(CodeFixProvider provider, string id, string title, string source)
    {
        CodeAction action = Assert.Single(await ActionsAsync(provider, id, source));
        Assert.Equal(title, action.Title);
        string text = await ApplyAsync(action);
        Assert.Empty(await Analyzer.ReportAsync(text));
        return text;
    }

    private static async Task<string> ApplyAsync(CodeAction action)
    {
        ImmutableArray<CodeActionOperation> operations = await action.GetOperationsAsync(TestContext.Current.CancellationToken);
        ApplyChangesOperation change = Assert.Single(operations.OfType<ApplyChangesOperation>());
        Document document = Assert.Single(Assert.Single(change.ChangedSolution.Projects).Documents);
        return (await document.GetTextAsync(TestContext.Current.CancellationToken)).ToString();
    }

    // Of the only complaint, or of that at a place.
    private static async Task<ImmutableArray<CodeAction>> ActionsAsync(
        CodeFixProvider provider, string id, string source, string? place = null, params AdditionalText[] files)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using AdhocWorkspace workspace = new();
        Project project = workspace.AddProject("Consumer", LanguageNames.CSharp)
            .WithParseOptions(Compiler.ParseOptions)
            .WithCompilationOptions(Compiler.Options)
            .WithMetadataReferences(Compiler.References);
        Document document = project.AddDocument("Model.cs", source);
        Compilation compilation = (await document.Project.GetCompilationAsync(cancellation))!;
        Diagnostic diagnostic = Assert.Single(
            await Analyzer.AnalyzeAsync(compilation, null, files),
            found => place is null || source.Substring(found.Location.SourceSpan.Start, found.Location.SourceSpan.Length) == place);
        Assert.Equal(id, diagnostic.Id);
        Assert.Contains(id, provider.FixableDiagnosticIds);
        ImmutableArray<CodeAction>.Builder actions = ImmutableArray.CreateBuilder<CodeAction>();
        await provider.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), cancellation));
        return actions.ToImmutable();
    }
}
