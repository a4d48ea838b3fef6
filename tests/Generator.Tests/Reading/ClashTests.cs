using System;
using System.Collections.Immutable;
using System.Linq;
using System.Threading.Tasks;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llamalith.Tests.Reading;

/// <summary>Names of the user's that leave no room for an engine's: said where they stand, and nothing is emitted.</summary>
public sealed class ClashTests
{
    private const string Sizes =
        "Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512, Isa = Llamalith.Isa.Scalar";
    private const string Attribute = $"[Llamalith.LlamaModel({Sizes})]";

    [Theory]
    [InlineData("KvCache")]
    [InlineData("Dim")]
    [InlineData("Load")]
    [InlineData("Shape")]
    [InlineData("Cache")]
    [InlineData("Dispose")]
    public async Task ClassNamedLikeAMember_IsReportedAtItsName(string name) => await AssertReported(
        $"LLAMA040 at `{name}`: {name} is what engines call a member of theirs, which cannot have the name of its class; rename the class",
        $"{Attribute} public sealed partial class {name};");

    [Fact]
    public async Task ClassNamedTrainer_IsFineWithoutATrainer()
    {
        const string Source = $"{Attribute} public sealed partial class Trainer;";
        await AssertEmitted(Source);
        await AssertReported(
            "LLAMA040 at `Trainer`: Trainer is what engines call a member of theirs, which cannot have the name of its class; rename the "
                + "class",
            Source.Replace("Context = 512", "Context = 512, Training = true", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("private int Dim;", "Dim", "a member")]
    [InlineData("public int Shape => 1;", "Shape", "a member")]
    [InlineData("public event System.Action Load;", "Load", "a member")]
    [InlineData("private class KvCache { }", "KvCache", "a member")]
    [InlineData("private class Position<T> { }", "Position", "a member")]
    [InlineData("private object __engine;", "__engine", "a member")]
    [InlineData("public void Dispose() { }", "Dispose", "a method of the same parameters")]
    [InlineData("private int Decode(int x) => x;", "Decode", "a method of the same parameters")]
    [InlineData(
        "public static Tiny Load(string file, Llamalith.Contracts.LoadOptions how) => null;", "Load", "a method of the same parameters")]
    [InlineData("private int get_Shape() => 1;", "get_Shape", "an accessor")]
    [InlineData("private struct get_Shape<T>;", "get_Shape", "an accessor")]
    public async Task Member_OfTheEnginesName_IsReportedWhereItStands(string member, string name, string what) => await AssertReported(
        $"LLAMA041 at `{name}`: The engine of Tiny has {what} named {name} already; rename this one",
        $"{Attribute} public sealed partial class Tiny {{ {member} }}");

    [Theory]
    [InlineData(
        "private int Decode(long x) => 1; public void Truncate() { } private void Dispose(bool x) { } private T Decode<T>(int x) => "
            + "default; private void Decode(ref int x) { }")]
    [InlineData("private class KvCache<T> { }")]
    [InlineData("static Tiny() { } ~Tiny() { } public int this[int x] => x; public static Tiny operator +(Tiny a, Tiny b) => a;")]
    [InlineData(
        "public required int Must { get; init; } private int _position = 3; private enum Phase { A } private class Weights { } private "
            + "class Engine { }")]
    [InlineData("private class Prompts { } private int Trainer; private void Begin() { }")]
    public async Task Member_ThatLeavesRoom_IsFine(string members) =>
        await AssertEmitted($"{Attribute} public sealed partial class Tiny {{ {members} }}");

    [Fact]
    public async Task Member_InAnotherPart_IsReportedThere()
    {
        string[] sources = [$"{Attribute} public sealed partial class Tiny;", "partial class Tiny { private int Heads; }"];
        ImmutableArray<Diagnostic> found = await Analyzer.AnalyzeAsync(Compiler.Compile(sources));
        Assert.Equal("Source1.cs", Assert.Single(found).Location.SourceTree!.FilePath);
        Assert.Empty(Compiler.Generate(sources));
    }

    [Theory]
    [InlineData("public Tiny() { }")]
    [InlineData("private Tiny(int x) { }")]
    public async Task Constructor_IsReported(string constructor) => await AssertReported(
        "LLAMA042 at `Tiny`: An instance that this constructor made of Tiny would have no engine; instances are made by Load, and what has "
            + "to be set beside may be a property",
        $"{Attribute} public sealed partial class Tiny {{ {constructor} }}");

    [Theory]
    [InlineData("class Base { public Base(int x) { } }", "which has no constructor that the engine's could call without arguments",
        " : base(1) { }")]
    [InlineData("class Base { [System.Obsolete(\"no\", true)] public Base() { } }",
        "whose constructor is obsolete, so that the engine's could not call it", "")]
    [InlineData("abstract class Base { public abstract int Dim { get; } }",
        "whose abstract member Base.Dim the engine's member of that name would hide, not override", "")]
    [InlineData("abstract class Base : System.IDisposable { public abstract void Dispose(); }",
        "whose abstract member Base.Dispose the engine's member of that name would hide, not override", "")]
    public async Task Base_ThatIsUnusable_IsReportedInTheListOfBases(string parent, string what, string constructor)
    {
        // A base without a default constructor asks for one in the class, which is a fault of its own.
        string source =
            $"{parent} {Attribute} sealed partial class Tiny : Base {{ {(constructor.Length > 0 ? "Tiny()" + constructor : "")} }}";
        string[] reports = await Analyzer.ReportAsync(source);
        Assert.Contains($"LLAMA043 at `Base`: Tiny derives from Base, {what}", reports);
        Assert.Empty(Compiler.Generate(source));
    }

    [Fact]
    public async Task Base_ThatIsAModelItself_IsReported() => Assert.Contains(
        "LLAMA043 at `First`: Second derives from First, which is a model class itself: its instances are made by Load alone",
        await Analyzer.ReportAsync($"{Attribute} partial class First; {Attribute} partial class Second : First;"));

    [Theory]
    [InlineData("class Base { protected Base(int x = 1) { } }")]
    [InlineData("class Base { protected Base(params int[] x) { } }")]
    [InlineData("class Base { private int Dim; private void Dispose() { } protected void Dispose(bool x) { } }")]
    [InlineData("class Base { public required int Must { get; init; } }")]
    [InlineData("class Base : System.IDisposable { void System.IDisposable.Dispose() { } }")]
    public async Task Base_ThatLeavesRoom_IsFine(string parent) =>
        await AssertEmitted($"{parent} {Attribute} sealed partial class Tiny : Base;");

    /// <summary>As C# itself says of a member that hides another; an engine is emitted all the same.</summary>
    [Theory]
    [InlineData("public virtual void Dispose() { }", "Dispose")]
    [InlineData("protected int Heads;", "Heads")]
    [InlineData("public class KvCache { }", "KvCache")]
    public async Task InheritedMember_ThatIsHidden_IsAWarning(string member, string name)
    {
        string source = $"class Base {{ {member} }} {Attribute} sealed partial class Tiny : Base;";
        Diagnostic warning = Assert.Single(await Analyzer.AnalyzeAsync(Compiler.Compile(source)));
        Assert.Equal(("LLAMA044", DiagnosticSeverity.Warning), (warning.Id, warning.Severity));
        Assert.Equal(
            $"{name} of the engine of Tiny hides the inherited Base.{name}, which calls on Tiny no longer reach", warning.GetMessage());
        AssertNoErrors(source);
    }

    [Theory]
    [InlineData(
        "[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit)] ", "given an explicit layout")]
    [InlineData(
        "[System.Runtime.InteropServices.ComImport, System.Runtime.InteropServices.Guid(\"00000000-0000-0000-0000-000000000001\")] ",
        "imported from COM")]
    public async Task ClassWithoutRoomForAField_IsReported(string attributes, string what) => await AssertReported(
        $"LLAMA004 at `Tiny`: Tiny is {what}; an engine needs an ordinary class that generated source can complete and callers can create",
        $"{attributes}{Attribute} sealed partial class Tiny;");

    [Theory]
    [InlineData("namespace System { class Math { } }", "Math", "System.Math", "a type")]
    [InlineData("namespace System.Math { class Any { } }", "Math", "System.Math", "a namespace")]
    [InlineData("namespace System.Runtime { class Intrinsics { } }", "Intrinsics", "System.Runtime.Intrinsics", "a type")]
    [InlineData("namespace Llamalith.Contracts { class WorkerTeam { } }", "WorkerTeam", "Llamalith.Contracts.WorkerTeam", "a type")]
    [InlineData("namespace Llamalith { class Engines { } }", "Engines", "Llamalith.Engines", "a type")]
    [InlineData("namespace Llamalith.Engines { class My { } }", "My", "Llamalith.Engines.My", "a type")]
    [InlineData("namespace Llamalith.Engines.My.Tiny { class Any { } }", "Tiny", "Llamalith.Engines.My.Tiny", "a namespace")]
    public async Task NameThatEnginesNeed_IsReportedWhereItIsTaken(string declaration, string at, string name, string what) =>
        await AssertReported(
        $"LLAMA045 at `{at}`: {name}, which the engine of Tiny needs, is {what} of this project, which the compiler would take instead",
        $"{declaration} namespace My {{ {Attribute} sealed partial class Tiny; }}");

    [Theory]
    [InlineData("namespace System { class Math<T> { } class Span { } file class MathF { } class Other { } }")]
    [InlineData("namespace Llamalith.Engines { class Other { } } namespace Llamalith.Engines.My { class Math { } class Engine { } }")]
    [InlineData("namespace Llamalith { class Math { } class Vec8 { } }")]
    public async Task NameThatEnginesDoNotNeed_IsFine(string declaration) =>
        await AssertEmitted($"{declaration} namespace My {{ {Attribute} sealed partial class Tiny; }}");

    [Theory]
    [InlineData("Llamalith.Runtime")]
    [InlineData("Llamalith.Attributes")]
    public async Task Reference_UnderAnAliasAlone_IsReported(string name)
    {
        string attributes = name == "Llamalith.Attributes" ? "llama::Llamalith." : "Llamalith.";
        CSharpCompilation compilation = Compiler.Compile(
            $"extern alias llama; {Attribute.Replace("Llamalith.", attributes, StringComparison.Ordinal)} sealed partial class Tiny;");
        MetadataReference library =
            compilation.References.Single(reference => reference.Display!.EndsWith(name + ".dll", StringComparison.Ordinal));
        compilation = compilation.ReplaceReference(library, library.WithAliases(["llama"]));
        Assert.Equal(
            [$"LLAMA045 at `Tiny`: {name}, which the engine of Tiny needs, is referenced under the alias llama only; add 'global' to its "
                + "Aliases"],
            Analyzer.Describe(await Analyzer.AnalyzeAsync(compilation)));
        Assert.Empty(
            Compiler.CreateDriver().RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().GeneratedTrees);
    }

    /// <summary>Such as a library that brings what older frameworks lack and shows its internals to this project.</summary>
    [Fact]
    public async Task NameInTwoReferences_IsReported()
    {
        MetadataReference library = CSharpCompilation.Create(
            "Library",
            [CSharpSyntaxTree.ParseText(
                "[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"Consumer\")] namespace System { class Math { } class "
                    + "MathF<T> { } }", cancellationToken: TestContext.Current.CancellationToken)],
            Compiler.References,
            Compiler.Options).ToMetadataReference();
        CSharpCompilation compilation = Compiler.Compile($"{Attribute} sealed partial class Tiny;").AddReferences(library);
        Assert.Equal(
            ["LLAMA045 at `Tiny`: System.Math, which the engine of Tiny needs, is declared by Library too, so that the compiler could not "
                + "tell which is meant"],
            Analyzer.Describe(await Analyzer.AnalyzeAsync(compilation)));
        Assert.Empty(
            Compiler.CreateDriver().RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().GeneratedTrees);
    }

    /// <summary>To the generator it is no constant yet: left alone, it would be taken for one that is not written.</summary>
    [Fact]
    public async Task ConstantOfAnotherEngine_IsReportedAtTheArgument()
    {
        string source =
            $"{Attribute} partial class First; "
                + $"[Llamalith.LlamaModel({Sizes.Replace("Context = 512", "Context = First.Context", StringComparison.Ordinal)})] partial "
                + "class Second;";
        CSharpCompilation input = Compiler.Compile(source);
        Compiler.CreateDriver()
            .RunGeneratorsAndUpdateCompilation(input, out Compilation output, out _, TestContext.Current.CancellationToken);
        Assert.Equal(
            ["LLAMA046 at `Context = First.Context`: Context is given by a constant that is generated, which is none yet when the engine "
                + "is; write it out, or as a constant of the project's own"],
            Analyzer.Describe(await Analyzer.AnalyzeAsync(output)));
        Assert.Equal("512", Assert.Single(await Analyzer.AnalyzeAsync(output)).Properties["Value"]);
        Assert.DoesNotContain(output.SyntaxTrees, static tree => tree.FilePath.Contains("Second/", StringComparison.Ordinal));
    }

    /// <summary>The compiler complains of the second attribute itself; the engine is there once.</summary>
    [Theory]
    [InlineData($"{Attribute} partial class Tiny; {Attribute} partial class Tiny {{ }}")]
    [InlineData($"{Attribute} partial class Tiny;", $"{Attribute} partial class Tiny;")]
    [InlineData($"{Attribute}{Attribute} partial class Tiny;")]
    public async Task AttributeOnTwoParts_IsTheCompilersComplaintAlone(params string[] sources)
    {
        CSharpCompilation input = Compiler.Compile(sources);
        Compiler.CreateDriver()
            .RunGeneratorsAndUpdateCompilation(input, out Compilation output, out _, TestContext.Current.CancellationToken);
        Assert.Equal(["CS0579"], output.GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(static found => found.Severity == DiagnosticSeverity.Error).Select(static found => found.Id).Distinct());
        Assert.Empty(await Analyzer.AnalyzeAsync(output));
        string bad = Sizes.Replace("KvHeads = 4", "KvHeads = 3", StringComparison.Ordinal);
        Assert.Single(await Analyzer.AnalyzeAsync(
            Compiler.Compile([.. sources.Select(source => source.Replace(Sizes, bad, StringComparison.Ordinal))])));
    }

    /// <summary>The analyzer sees what was generated, and does not take it for the user's.</summary>
    [Fact]
    public async Task Engine_IsNoClashOfItsOwn()
    {
        string source =
            $"namespace My {{ [Llamalith.LlamaModel({Sizes}, Training = true, EmbeddedWeights = \"m.gguf\")] [Llamalith.Prompt(\"a\", "
                + $"\"b\")] public sealed partial class Tiny; }}";
        Compiler.CreateDriver().RunGeneratorsAndUpdateCompilation(
            Compiler.Compile(source), out Compilation output, out _, TestContext.Current.CancellationToken);
        Assert.True(output.SyntaxTrees.Count() > 1);
        Assert.Empty(await Analyzer.AnalyzeAsync(output));
    }

    private static async Task AssertReported(string expected, string source)
    {
        Assert.Equal([expected], await Analyzer.ReportAsync(source));
        Assert.Empty(Compiler.Generate(source));
    }

    private static async Task AssertEmitted(string source)
    {
        Assert.Empty(await Analyzer.ReportAsync(source));
        AssertNoErrors(source);
    }

    private static void AssertNoErrors(string source)
    {
        Compiler.CreateDriver()
            .RunGeneratorsAndUpdateCompilation(Compiler.Compile(source), out Compilation output, out ImmutableArray<Diagnostic> complaints);
        Assert.True(output.SyntaxTrees.Count() > 1);
        Assert.DoesNotContain(complaints.Concat(output.GetDiagnostics()), static found => found.Severity == DiagnosticSeverity.Error);
    }
}
