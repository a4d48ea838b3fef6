using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Reference;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace Llamalith.Tests.Emission;

/// <summary>
/// What an assembly says of the kernels that its engines run (the property LlamalithKernels), and what they can be told otherwise.
/// </summary>
public sealed class KernelChoiceTests
{
    private const string Source = """
        using Llamalith;
        [LlamaModel(Dim = 64, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 96, Context = 64, Weights = WeightFormat.Q4_0)]
        public sealed partial class Model;
        """;

    [Fact]
    public void Engine_WithoutAChoice_MeasuresEachProductAndFormat()
    {
        List<KernelMeasurement> measured = Load(Compile(null), null);
        Assert.Equal(
            [(ProductKind.MatVec, TensorType.Q4_0), (ProductKind.MatMul, TensorType.Q4_0)],
            measured.Select(static candidate => (candidate.Kernel.Product, candidate.Kernel.Format)).Distinct());
        Assert.Equal(2, measured.Count(static candidate => candidate.IsChosen));
    }

    [Fact]
    public void Resource_IsTakenWithoutAMeasurement() =>
        Assert.Empty(Load(Compile("llamalith kernels 1\nMatVec Q4_0 avx2 8192 4096\n"), null));

    [Fact]
    public void Resource_OfSomethingElseIsNamed()
    {
        TargetInvocationException failure = Assert.Throws<TargetInvocationException>(() => Load(Compile("something else"), null));
        Assert.Contains(
            "llamalith.kernels of Choice", Assert.IsType<FormatException>(failure.InnerException).Message, StringComparison.Ordinal);
    }

    /// <summary>Whoever loads an engine knows better than who built it.</summary>
    [Fact]
    public void LoadOptions_ComeBeforeTheResource() => Assert.Empty(Load(Compile("something else"), new KernelChoices([])));

    private static List<KernelMeasurement> Load(Type model, KernelChoices? kernels)
    {
        Collector measured = new();
        ModelShape shape = (ModelShape)model.GetProperty("CompiledShape")!.GetValue(null)!;
        MemoryCheckpoint weights = new RandomWeights { Type = TensorType.Q4_0 }.Make(shape);
        LoadOptions options = new() { Threads = 1, Tune = Tuning.Always, Kernels = kernels, KernelFolder = "", Measured = measured };
        ((ILlamaModel)model.GetMethod("Load", [typeof(Checkpoint), typeof(LoadOptions)])!.Invoke(null, [weights, options])!).Dispose();
        return measured.All;
    }

    private static Type Compile(string? kernels)
    {
        CSharpCompilation compilation = Compiler.Compile(Source).WithAssemblyName("Choice");
        foreach (GeneratedSourceResult file in Compiler.Generate(Source))
        {
            compilation =
                compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText(file.SourceText, Compiler.ParseOptions, path: file.HintName));
        }

        using MemoryStream image = new();
        ResourceDescription[] resources = kernels is null
            ? []
            : [new(KernelTuning.Resource, () => new MemoryStream(Encoding.UTF8.GetBytes(kernels)), isPublic: true)];
        EmitResult result = compilation.Emit(image, manifestResources: resources);
        Assert.True(
            result.Success, string.Join('\n', result.Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error).Take(5)));
        image.Position = 0;
        return new AssemblyLoadContext("Choice", isCollectible: true).LoadFromStream(image).GetType("Model", throwOnError: true)!;
    }

    private sealed class Collector : IProgress<KernelMeasurement>
    {
        public List<KernelMeasurement> All { get; } = [];

        public void Report(KernelMeasurement value) => All.Add(value);
    }
}
