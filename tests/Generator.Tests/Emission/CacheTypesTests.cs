using System.Collections.Immutable;
using System.Linq;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;

namespace Llamalith.Tests.Emission;

/// <summary>The KV cache of one model is a type of its own.</summary>
public sealed class CacheTypesTests
{
    private const string TwoModels = """
        using Llamalith;
        [LlamaModel(Dim = 32, FfnDim = 64, Layers = 1, Heads = 2, VocabSize = 16, Context = 32, Isa = Isa.Scalar)] public sealed partial class One;
        [LlamaModel(Dim = 32, FfnDim = 64, Layers = 1, Heads = 2, VocabSize = 16, Context = 64, Isa = Isa.Scalar)] public sealed partial class Other;
        """;

    [Fact]
    public void Cache_OfAnotherModel_IsRefusedByTheCompiler()
    {
        string use = "static class Use { static void Take(One one, Other other) => one.Cache = other.Cache; }";
        Assert.Equal(["CS0029"], ErrorsOf(TwoModels, use));
    }

    [Fact]
    public void Cache_OfTheSameModel_IsTaken()
    {
        string use = "static class Use { static void Take(One one, One same) => one.Cache = same.Cache.Fork(); }";
        Assert.Empty(ErrorsOf(TwoModels, use));
    }

    private static ImmutableArray<string> ErrorsOf(params string[] sources)
    {
        Compiler.CreateDriver().RunGeneratorsAndUpdateCompilation(
            Compiler.Compile(sources), out Compilation output, out _, TestContext.Current.CancellationToken);
        return [.. output.GetDiagnostics(TestContext.Current.CancellationToken).Where(static d => d.Severity == DiagnosticSeverity.Error)
            .Select(static d => d.Id)];
    }
}
