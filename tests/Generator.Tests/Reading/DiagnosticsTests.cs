using System;
using System.Linq;
using System.Threading.Tasks;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llamalith.Tests.Reading;

public sealed class DiagnosticsTests
{
    private const string Small = "Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, VocabSize = 512, Context = 512";

    [Fact]
    public async Task SoundModel_ReportsNothing() =>
        Assert.Empty(await Analyzer.ReportAsync(Model(Small + ", KvHeads = 4, SlidingWindow = 512, MaxMemory = 100000000")));

    [Fact]
    public async Task Preset_IsSoundAlone() => Assert.Empty(await Analyzer.ReportAsync(Model("LlamaPreset.Llama2_70B")));

    [Theory]
    [InlineData("public sealed class Tiny;",
        "LLAMA001 at `Tiny`: Tiny carries [LlamaModel], so its engine is generated as another part of it; declare it partial")]
    [InlineData("public partial class Tiny<T>;",
        "LLAMA003 at `Tiny`: Tiny has type parameters, but an engine is compiled for one model; remove them")]
    [InlineData("public static partial class Tiny;",
        "LLAMA004 at `Tiny`: Tiny is static; an engine needs an ordinary class that generated source can complete and callers can create")]
    [InlineData(
        "public abstract partial class Tiny;",
        "LLAMA004 at `Tiny`: Tiny is abstract; an engine needs an ordinary class that generated source can complete and callers can "
            + "create")]
    [InlineData(
        "public partial record Tiny;",
        "LLAMA004 at `Tiny`: Tiny is a record; an engine needs an ordinary class that generated source can complete and callers can "
            + "create")]
    [InlineData(
        "file partial class Tiny;",
        "LLAMA004 at `Tiny`: Tiny is local to its file; an engine needs an ordinary class that generated source can complete and callers "
            + "can create")]
    [InlineData(
        "public partial class Tiny(int x) { int Y => x; }",
        "LLAMA004 at `Tiny`: Tiny is given a primary constructor; an engine needs an ordinary class that generated source can complete and "
            + "callers can create")]
    public async Task Class_ThatCannotBeCompleted_IsReportedAtItsName(string declaration, string expected) =>
        Assert.Equal([expected], await Analyzer.ReportAsync($"[Llamalith.LlamaModel({Small})] {declaration}"));

    [Fact]
    public async Task NestedClass_IsReportedAtItsName() => Assert.Equal(
        ["LLAMA002 at `Tiny`: Tiny is declared inside another type; move it to a namespace"],
        await Analyzer.ReportAsync($"partial class Outer {{ [Llamalith.LlamaModel({Small})] partial class Tiny; }}"));

    [Theory]
    [InlineData("Dim", "`LlamaModel(FfnDim = 172, Layers = 5, Heads = 8, VocabSize = 512, Context = 512)`")]
    [InlineData("FfnDim", "`LlamaModel(Dim = 64, Layers = 5, Heads = 8, VocabSize = 512, Context = 512)`")]
    [InlineData("Layers", "`LlamaModel(Dim = 64, FfnDim = 172, Heads = 8, VocabSize = 512, Context = 512)`")]
    [InlineData("Heads", "`LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, VocabSize = 512, Context = 512)`")]
    [InlineData("VocabSize", "`LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, Context = 512)`")]
    public async Task MissingSize_IsReportedAtTheAttribute(string property, string location)
    {
        string rest =
            string.Join(", ", Small.Split(", ").Where(argument => !argument.StartsWith(property + " =", StringComparison.Ordinal)));
        Assert.Equal([$"LLAMA005 at {location}: {property} is not set, and no preset gives it"], await Analyzer.ReportAsync(Model(rest)));
    }

    [Fact]
    public async Task EmptyAttribute_NamesEveryMissingSize() => Assert.Equal(
        ["Dim", "FfnDim", "Layers", "Heads", "VocabSize"],
        (await Analyzer.AnalyzeAsync(Compiler.Compile("[Llamalith.LlamaModel] partial class Tiny;")))
            .Select(d => d.GetMessage().Split(' ')[0]));

    [Theory]
    [InlineData("Dim = 0", "LLAMA006", "1", "262144")]
    [InlineData("Dim = -64", "LLAMA006", "1", "262144")]
    [InlineData("Dim = 2147483647", "LLAMA006", "1", "262144")]
    [InlineData("FfnDim = -1", "LLAMA006", "1", "1048576")]
    [InlineData("Layers = 0", "LLAMA006", "1", "4096")]
    [InlineData("Heads = 0", "LLAMA006", "1", "4096")]
    [InlineData("KvHeads = 0", "LLAMA006", "1", "4096")]
    [InlineData("KvHeads = -8", "LLAMA006", "1", "4096")]
    [InlineData("HeadDim = 0", "LLAMA006", "1", "1024")]
    [InlineData("HeadDim = 2048", "LLAMA006", "1", "1024")]
    [InlineData("MaxMemory = -1", "LLAMA006", "0", "9223372036854775807")]
    [InlineData("RopeScalingOriginalContext = 0", "LLAMA006", "1", "1048576")]
    [InlineData("VocabSize = 1", "LLAMA007", "2", "1048576")]
    [InlineData("VocabSize = 1048577", "LLAMA007", "2", "1048576")]
    [InlineData("Context = 0", "LLAMA007", "1", "1048576")]
    [InlineData("Context = 1048577", "LLAMA007", "1", "1048576")]
    public async Task Size_OutOfRange_IsReportedAtTheArgument(string argument, string id, string least, string most) => Assert.Equal(
        [$"{id} at `{argument}`: {argument} is out of range; it must lie between {least} and {most}"],
        await Analyzer.ReportAsync(Model(With(argument))));

    [Fact]
    public async Task DerivedHeadDim_OutOfRange_NamesWhereItComesFrom() => Assert.Equal(
        ["LLAMA006 at `Heads = 1`: HeadDim = 4096 (Dim = 4096 / Heads = 1) is out of range; it must lie between 1 and 1024"],
        await Analyzer.ReportAsync(Model("LlamaPreset.Llama2_7B, Heads = 1")));

    [Theory]
    [InlineData("KvHeads = 3", "Heads = 8 is not divisible by KvHeads = 3; the nearest number that divides it is 4")]
    [InlineData("KvHeads = 7", "Heads = 8 is not divisible by KvHeads = 7; the nearest number that divides it is 8")]
    public async Task Heads_NotDivisibleByKvHeads_IsReportedAtKvHeads(string argument, string message) =>
        Assert.Equal([$"LLAMA008 at `{argument}`: {message}"], await Analyzer.ReportAsync(Model(With(argument))));

    [Fact]
    public async Task Heads_NotDivisibleByThePresetsKvHeads_IsReportedAtHeads() => Assert.Equal(
        ["LLAMA008 at `Heads = 44`: Heads = 44 is not divisible by KvHeads = 8; the nearest number that divides it is 11"],
        await Analyzer.ReportAsync(Model("LlamaPreset.Llama2_70B, Heads = 44, HeadDim = 128")));

    [Fact]
    public async Task KvHeads_MoreThanHeads_IsReportedAtKvHeads() => Assert.Equal(
        ["LLAMA009 at `KvHeads = 16`: KvHeads = 16 is larger than Heads = 8; at most one key and value head can serve a query head"],
        await Analyzer.ReportAsync(Model(With("KvHeads = 16"))));

    [Fact]
    public async Task Dim_NotDivisibleByHeads_IsReportedAtDim() => Assert.Equal(
        ["LLAMA010 at `Dim = 66`: Dim = 66 is not divisible by Heads = 8; correct one of them, or set HeadDim"],
        await Analyzer.ReportAsync(Model(With("Dim = 66"))));

    [Fact]
    public async Task Dim_NotDivisibleByHeads_IsFineWithAHeadDimOfItsOwn() =>
        Assert.Empty(await Analyzer.ReportAsync(Model(With("Dim = 66") + ", HeadDim = 8")));

    [Theory]
    [InlineData("Dim = 56",
        "LLAMA011 at `Heads = 8`: HeadDim = 7 (Dim = 56 / Heads = 8) is odd, but rotary embedding turns the elements of a head in pairs")]
    [InlineData("HeadDim = 9", "LLAMA011 at `HeadDim = 9`: HeadDim = 9 is odd, but rotary embedding turns the elements of a head in pairs")]
    public async Task HeadDim_Odd_IsReported(string argument, string expected) =>
        Assert.Equal([expected], await Analyzer.ReportAsync(Model(With(argument))));

    [Theory]
    [InlineData("NormEps = 0", "0")]
    [InlineData("NormEps = -1e-5", "-1E-05")]
    [InlineData("NormEps = 1e-60", "1E-60")]
    [InlineData("RopeTheta = double.NaN", "NaN")]
    [InlineData("RopeTheta = double.PositiveInfinity", "Infinity")]
    [InlineData("RopeTheta = 1e300", "1E+300")]
    [InlineData("RopeScalingFactor = 0", "0")]
    [InlineData("RopeScalingLowFrequencyFactor = -1", "-1")]
    [InlineData("RopeScalingHighFrequencyFactor = double.NegativeInfinity", "-Infinity")]
    public async Task Real_NotPositiveAndFinite_IsReportedAtTheArgument(string argument, string value) => Assert.Equal(
        [$"LLAMA012 at `{argument}`: {argument.Split(' ')[0]} = {value} is not a positive, finite number in 32 bits"],
        await Analyzer.ReportAsync(Model(With(argument))));

    [Fact]
    public async Task FrequencyFactors_Crossed_AreReported() => Assert.Equal(
        ["LLAMA013 at `RopeScalingLowFrequencyFactor = 4`: RopeScalingHighFrequencyFactor = 4 must be larger than "
            + "RopeScalingLowFrequencyFactor = 4"],
        await Analyzer.ReportAsync(Model(With("RopeScaling = RopeScaling.Llama3, RopeScalingLowFrequencyFactor = 4"))));

    [Fact]
    public async Task FrequencyFactors_MatterOnlyWhereUsed() =>
        Assert.Empty(await Analyzer.ReportAsync(Model(With("RopeScaling = RopeScaling.Linear, RopeScalingLowFrequencyFactor = 4"))));

    [Fact]
    public async Task SlidingWindow_Negative_IsReported() => Assert.Equal(
        ["LLAMA014 at `SlidingWindow = -1`: SlidingWindow = -1 is out of range; it must be 0 (no window) or the number of positions that a "
            + "query sees"],
        await Analyzer.ReportAsync(Model(With("SlidingWindow = -1"))));

    [Fact]
    public async Task SlidingWindow_LargerThanTheContext_IsFine() =>
        Assert.Empty(await Analyzer.ReportAsync(Model(With("SlidingWindow = 4096"))));

    [Fact]
    public async Task WeightFormats_OfTooLargeBlocks_AreReported() => Assert.Equal(
        ["LLAMA023 at `Weights = WeightFormat.Q4_K_M`: Dim = 288 is no multiple of 256, the smallest block of Weights = Q4_K_M: no "
            + "declared format can hold rows of that width"],
        await Analyzer.ReportAsync(
            Model("Dim = 288, FfnDim = 768, Layers = 6, Heads = 6, VocabSize = 32000, Context = 256, Weights = WeightFormat.Q4_K_M")));

    [Fact]
    public async Task WeightFormats_WithOneOfSmallBlocks_AreFine() =>
        Assert.Empty(
            await Analyzer.ReportAsync(
                Model("Dim = 288, FfnDim = 768, Layers = 6, Heads = 6, VocabSize = 32000, Context = 256, Weights = WeightFormat.Q4_K_M | "
                    + "WeightFormat.Q8_0")));

    [Fact]
    public async Task MaxMemory_Exceeded_NamesTheParts() => Assert.Equal(
        [
            "LLAMA015 at `MaxMemory = 8L << 30`: The model takes 29,196,993,536 bytes, 26,953,662,464 of weights, 2,147,483,648 of KV "
                + "cache "
            + "(4096 positions of 524,288) and 95,847,424 of buffers for 16 threads, but MaxMemory = 8,589,934,592",
        ],
        await Analyzer.ReportAsync(Model("LlamaPreset.Llama2_7B, MaxMemory = 8L << 30")));

    [Fact]
    public async Task MaxMemory_IsInclusive()
    {
        Assert.Empty(await Analyzer.ReportAsync(Model("LlamaPreset.Llama2_7B, MaxMemory = 29196993536")));
        Assert.Single(await Analyzer.ReportAsync(Model("LlamaPreset.Llama2_7B, MaxMemory = 29196993535")));
    }

    [Fact]
    public async Task Isa_None_IsReported() => Assert.Equal(
        ["LLAMA016 at `Isa = Isa.None`: Isa = None: no instruction set is left to emit kernels for"],
        await Analyzer.ReportAsync(Model(With("Isa = Isa.None"))));

    [Fact]
    public async Task Isa_NarrowedToNothingByTheBuild_NamesBoth() => Assert.Equal(
        ["LLAMA016 at `Isa = Isa.Neon`: Isa = Neon, the build's LlamalithTargets = Avx2,Avx512: no instruction set is left to emit kernels "
            + "for"],
        await Analyzer.ReportAsync(Model(With("Isa = Isa.Neon")), new TestProperties(("_LlamalithTargets", "Avx2,Avx512"))));

    [Fact]
    public async Task Isa_OfAnotherProcessorThanTheBuilds_NamesBoth() => Assert.Equal(
        ["LLAMA016 at `Isa = Isa.Neon`: Isa = Neon, its RuntimeIdentifier = linux-x64: no instruction set is left to emit kernels for"],
        await Analyzer.ReportAsync(Model(With("Isa = Isa.Neon")), new TestProperties(("RuntimeIdentifier", "linux-x64"))));

    [Fact]
    public async Task Isa_UnknownToTheBuildProperty_IsReported() => Assert.Equal(
        ["'sse4' in LlamalithTargets = avx2, sse4 is no instruction set; there are avx512, avx2, neon, scalar, avxvnni beside them, and "
            + "native for those of the machine that builds"],
        (await Analyzer.AnalyzeAsync(Compiler.Compile(Model(Small)), new TestProperties(("_LlamalithTargets", "avx2, sse4"))))
            .Where(d => d.Id == "LLAMA022").Select(d => d.GetMessage()));

    [Theory]
    [InlineData("(LlamaPreset)99", "LLAMA017 at `(LlamaPreset)99`: Preset = 99 is not a member of LlamaPreset")]
    [InlineData(
        "Weights = (WeightFormat)8192", "LLAMA017 at `Weights = (WeightFormat)8192`: Weights = 8192 is not a member of WeightFormat")]
    [InlineData("KvCache = (KvFormat)3", "LLAMA017 at `KvCache = (KvFormat)3`: KvCache = 3 is not a member of KvFormat")]
    [InlineData("RopeLayout = (RopeLayout)2", "LLAMA017 at `RopeLayout = (RopeLayout)2`: RopeLayout = 2 is not a member of RopeLayout")]
    [InlineData(
        "RopeScaling = (RopeScaling)9", "LLAMA017 at `RopeScaling = (RopeScaling)9`: RopeScaling = 9 is not a member of RopeScaling")]
    [InlineData("Isa = (Isa)16", "LLAMA017 at `Isa = (Isa)16`: Isa = 16 is not a member of Isa")]
    public async Task EnumValue_WithoutAName_IsReported(string argument, string expected)
    {
        string arguments = argument.StartsWith('(') ? $"{argument}, {Small}" : With(argument);
        Assert.Equal([expected], await Analyzer.ReportAsync(Model(arguments)));
    }

    [Theory]
    [InlineData("", "\"\" is no list of numbers with commas between")]
    [InlineData("1,2,3", "\"1,2,3\" has 3 numbers, but 2 pairs of a head are turned")]
    [InlineData("1,-2", "\"1,-2\" has a number that is not positive and finite")]
    public async Task LongRope_OfOtherFactorsThanPairs_IsReported(string factors, string flaw) => Assert.Contains(
        $"RopeScalingLongFactors = {flaw}",
        string.Join(
            "", await Analyzer.ReportAsync(
                Model(With(
                    "RotaryDim = 4, RopeScaling = RopeScaling.LongRope, RopeScalingShortFactors = \"1,1\", RopeScalingLongFactors = "
                        + $"\"{factors}\"")))),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("LayerPattern = \"LX\", SlidingWindow = 8", "LayerPattern = \"LX\" has other letters than L, G and N")]
    [InlineData("LayerPattern = \"LG\"", "LayerPattern = \"LG\" has layers L, but there is no window")]
    [InlineData("LayerPattern = \"GGGGGGGGGGGGG\"", "LayerPattern = \"GGGGGGGGGGGGG\" has 13 letters")]
    [InlineData("RopeThetaLocal = 5", "RopeThetaLocal = 5 is for layers L")]
    public async Task LayerPattern_ThatDoesNotFit_IsReported(string arguments, string expected) =>
        Assert.Contains(expected, Assert.Single(await Analyzer.ReportAsync(Model(With(arguments)))), StringComparison.Ordinal);

    [Fact]
    public async Task RotaryDim_OddOrWiderThanAHead_IsReported()
    {
        Assert.Contains(
            "RotaryDim = 3 is odd", Assert.Single(await Analyzer.ReportAsync(Model(With("RotaryDim = 3")))), StringComparison.Ordinal);
        Assert.Contains("RotaryDim", Assert.Single(await Analyzer.ReportAsync(Model(With("RotaryDim = 1000")))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_OfWhatHasNoDerivative_IsReported() => Assert.Equal(
        ["LLAMA028 at `QkNorm = QkNorm.Head`: Training does not know QkNorm = Head yet"],
        await Analyzer.ReportAsync(Model(With("QkNorm = QkNorm.Head, Training = true"))));

    [Fact]
    public async Task UnsafeCode_NotAllowed_NamesTheProperty()
    {
        CSharpCompilation compilation = Compiler.Compile(Model(Small));
        compilation = compilation.WithOptions(compilation.Options.WithAllowUnsafe(false));
        Diagnostic diagnostic = Assert.Single(await Analyzer.AnalyzeAsync(compilation));
        Assert.Equal("LLAMA018", diagnostic.Id);
        Assert.Contains("<AllowUnsafeBlocks>true</AllowUnsafeBlocks>", diagnostic.GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Language_TooOld_NamesBothVersions()
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(
            Model(Small), Compiler.ParseOptions.WithLanguageVersion(LanguageVersion.CSharp12),
            cancellationToken: TestContext.Current.CancellationToken);
        CSharpCompilation compilation = Compiler.Compile().AddSyntaxTrees(tree);
        Diagnostic diagnostic = Assert.Single(await Analyzer.AnalyzeAsync(compilation));
        Assert.Equal("LLAMA019", diagnostic.Id);
        Assert.Equal("The generated engine needs C# 14, but this project is compiled for C# 12", diagnostic.GetMessage());
    }

    [Fact]
    public async Task Runtime_NotReferenced_IsReported()
    {
        CSharpCompilation compilation = Compiler.Compile(Model(Small));
        MetadataReference runtime =
            compilation.References.Single(r => r.Display!.EndsWith("Llamalith.Runtime.dll", StringComparison.Ordinal));
        Diagnostic diagnostic = Assert.Single(await Analyzer.AnalyzeAsync(compilation.RemoveReferences(runtime)));
        Assert.Equal("LLAMA020", diagnostic.Id);
    }

    [Fact]
    public async Task Framework_TooOld_NamesBothVersions()
    {
        CSharpCompilation compilation = Compiler.Compile("""
            namespace Llamalith
            {
                class LlamaModelAttribute : System.Attribute { public int Dim { get; set; } }
                [LlamaModel(Dim = 64)] partial class Tiny;
            }
            """).WithReferences(OldFramework.Reference);
        Diagnostic diagnostic = Assert.Single(await Analyzer.AnalyzeAsync(compilation), d => d.Id == "LLAMA019");
        Assert.Equal("The generated engine needs .NET 10, but this project is compiled for .NET 9", diagnostic.GetMessage());
    }

    [Theory]
    [InlineData("linux-x64", "", "", "Avx2, Avx512", "")]
    [InlineData("linux-x64", "avx512", "x86-64-v3", "Avx512", "x86-64-v3")]
    [InlineData("linux-x64", "avx2,avx512", "x86-64-v3", null, null)]
    [InlineData("linux-x64", "avx2", "x86-64-v4", null, null)]
    [InlineData("linux-x64", "scalar", "", null, null)]
    [InlineData("linux-x64", "avx2,avxvnni", "x86-64-v3,avxvnni", null, null)]
    [InlineData("linux-arm64", "", "", null, null)]
    public async Task NativeAot_ThatWouldFallToScalarCode_IsAnErrorOnX64(
        string runtime, string targets, string set, string? emitted, string? shown)
    {
        TestProperties properties =
            new(("PublishAot", "true"), ("RuntimeIdentifier", runtime), ("_LlamalithTargets", targets), ("IlcInstructionSet", set));
        var diagnostics = await Analyzer.AnalyzeAsync(Compiler.Compile(Model(Small)), properties);
        string[] expected = emitted is null ? [] :
        [
            $"LLAMA021: The engine of Tiny is emitted for {emitted}, but NativeAOT compiles for IlcInstructionSet = '{shown}', which has "
                + "none of it; "
                + "set LlamalithTargets to avx2 or avx512, and IlcInstructionSet not at all",
        ];
        Assert.Equal(expected, diagnostics.Select(d => $"{d.Id}: {d.GetMessage()}"));
        Assert.All(diagnostics, d => Assert.Equal(DiagnosticSeverity.Error, d.Severity));
    }

    [Theory]
    [InlineData("Prompt(\"system\", \"You are\")", "")]
    [InlineData(
        "Prompt(\"ask me\", \"You are\")",
        "LLAMA025 at `Prompt(\"ask me\", \"You are\")`: 'ask me' is no name of a prompt: a letter, then letters, digits, '-' or '_', and "
            + "not the name of a member that every class has")]
    [InlineData(
        "Prompt(\"to-string\", \"You are\")",
        "LLAMA025 at `Prompt(\"to-string\", \"You are\")`: 'to-string' is no name of a prompt: a letter, then letters, digits, '-' or '_', "
            + "and not the name of a member that every class has")]
    [InlineData("Prompt(\"a-b\", \"You are\"), Prompt(\"aB\", \"I am\")",
        "LLAMA026 at `Prompt(\"aB\", \"I am\")`: The prompts 'aB' and 'a-b' would both be Prompts.AB; rename one")]
    [InlineData("Prompt(\"system\", \"\")",
        "LLAMA027 at `Prompt(\"system\", \"\")`: The prompt 'system' says nothing, so that there is nothing to prefill")]
    public async Task Prompt_ThatCannotBePrefilled_IsReportedAtItsAttribute(string prompts, string expected)
    {
        string[] reported = await Analyzer.ReportAsync(
            $"using Llamalith;\n[LlamaModel({Small}, EmbeddedWeights = \"fable.gguf\"), {prompts}]\npublic sealed partial class Tiny;");
        Assert.Equal(expected.Length == 0 ? [] : [expected], reported);
    }

    [Fact]
    public async Task Prompt_NeedsWeights() => Assert.Equal(
        ["LLAMA024 at `Prompt(\"system\", \"You are\")`: The prompt 'system' is prefilled at build time, but Tiny names no EmbeddedWeights "
            + "to prefill it with"],
        await Analyzer.ReportAsync(
            $"using Llamalith;\n[LlamaModel({Small})]\n[Prompt(\"system\", \"You are\")]\npublic sealed partial class Tiny;"));

    [Fact]
    public void Prompt_ThatIsNotThere_IsAnErrorOfTheCompiler()
    {
        CSharpCompilation input =
            Compiler.Compile($"{Models.Prompted} static class User {{ static object Of() => Model.Prompts.Sistem; }}");
        Compiler.CreateDriver()
            .RunGeneratorsAndUpdateCompilation(input, out Compilation output, out _, TestContext.Current.CancellationToken);
        Diagnostic error =
            Assert.Single(output.GetDiagnostics(TestContext.Current.CancellationToken), d => d.Severity == DiagnosticSeverity.Error);
        Assert.Equal("CS0117: 'Model.Prompts' does not contain a definition for 'Sistem'", $"{error.Id}: {error.GetMessage()}");
    }

    [Fact]
    public async Task Pragma_SuppressesADiagnostic()
    {
        string bad = Model(With("KvHeads = 3"));
        Assert.Empty(await Analyzer.ReportAsync($"#pragma warning disable LLAMA008\n{bad}"));
        Assert.Single(await Analyzer.ReportAsync($"#pragma warning disable LLAMA008\n#pragma warning restore LLAMA008\n{bad}"));
    }

    [Fact]
    public async Task Attribute_ThatDoesNotCompile_IsLeftToTheCompiler()
    {
        CSharpCompilation compilation = Compiler.Compile(Model(With("KvHeads = NoSuchConstant")));
        Assert.Empty(await Analyzer.AnalyzeAsync(compilation));
        Assert.Contains(compilation.GetDiagnostics(TestContext.Current.CancellationToken), d => d.Id == "CS0103");
    }

    [Fact]
    public async Task SeveralFaults_AreAllReported() => Assert.Equal(
        ["LLAMA001", "LLAMA007", "LLAMA012"],
        (await Analyzer.AnalyzeAsync(
            Compiler.Compile("[Llamalith.LlamaModel(Llamalith.LlamaPreset.Llama2_7B, VocabSize = 0, NormEps = 0)] class Tiny;")))
            .Select(d => d.Id).Order());

    private static string Model(string arguments) => $"using Llamalith;\n[LlamaModel({arguments})]\npublic sealed partial class Tiny;";

    /// <summary>The small model with arguments replaced or added.</summary>
    private static string With(string arguments)
    {
        string property = arguments.Split(' ')[0];
        string[] kept = [.. Small.Split(", ").Where(argument => !argument.StartsWith(property + " =", StringComparison.Ordinal))];
        return string.Join(", ", kept.Append(arguments));
    }
}
