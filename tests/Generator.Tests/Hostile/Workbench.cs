using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Threading;
using Basic.Reference.Assemblies;
using Llamalith.Contracts;
using Llamalith.Generator;
using Llamalith.Generator.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Emit;

namespace Llamalith.Tests.Hostile;

/// <summary>Compiles a project as it is, and with the generator and the analyzer at work.</summary>
internal static class Workbench
{
    private static readonly ImmutableArray<MetadataReference> s_references =
    [
        .. Net100.References.All,
        MetadataReference.CreateFromFile(typeof(LlamaModelAttribute).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(ILlamaModel).Assembly.Location),
    ];

    // What all compilations are made from, so that the framework's symbols are read and bound once.
    private static readonly CSharpCompilation s_empty =
        CSharpCompilation.Create("Consumer", [], s_references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));

    /// <summary>The project by itself, without a generator.</summary>
    public static CSharpCompilation Compile(HostileProject project) => s_empty
        .WithOptions(new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            allowUnsafe: true,
            optimizationLevel: project.Optimized ? OptimizationLevel.Release : OptimizationLevel.Debug,
            checkOverflow: project.Checked,
            nullableContextOptions: project.Nullable,
            warningLevel: project.WarningLevel,
            concurrentBuild: false))
        .AddSyntaxTrees(project.Sources.Select((source, index) =>
            CSharpSyntaxTree.ParseText(source, ParseOptionsOf(project), path: $"Source{index}.cs")));

    /// <summary>What the generator adds to a project.</summary>
    public static CSharpCompilation Generate(HostileProject project, CSharpCompilation input, out ImmutableArray<Diagnostic> complaints)
    {
        CSharpGeneratorDriver.Create([new LlamaGenerator().AsSourceGenerator()], parseOptions: ParseOptionsOf(project))
            .RunGeneratorsAndUpdateCompilation(input, out Compilation output, out complaints);
        return (CSharpCompilation)output;
    }

    /// <summary>What the compiler says of a compilation, down to the bytes of the assembly.</summary>
    public static ImmutableArray<Diagnostic> Emit(CSharpCompilation compilation)
    {
        using MemoryStream image = new();
        EmitResult result = compilation.Emit(image);
        return result.Diagnostics;
    }

    /// <summary>
    /// What the analyzer says of a project by itself, and of its own files beside what was generated. Of all files beside it, the compiler
    /// would bind what was generated once more; and what the analyzer finds there is not for people.
    /// </summary>
    public static IEnumerable<Diagnostic> Analyze(CSharpCompilation alone, CSharpCompilation whole) =>
        With(alone).GetAnalyzerDiagnosticsAsync(CancellationToken.None).GetAwaiter().GetResult()
            .Concat(alone.SyntaxTrees.Where(_ => whole != alone).SelectMany(file => With(whole)
                .GetAnalyzerSemanticDiagnosticsAsync(whole.GetSemanticModel(file), null, CancellationToken.None).GetAwaiter().GetResult()));

    private static CompilationWithAnalyzers With(CSharpCompilation compilation) => compilation.WithAnalyzers(
        [new LlamaModelAnalyzer()],
        new CompilationWithAnalyzersOptions(new AnalyzerOptions([]), null, concurrentAnalysis: false, logAnalyzerExecutionTime: false));

    /// <summary>A model with all that engines can have.</summary>
    public static HostileProject Everything { get; } = new()
    {
        Sources =
        [
            """
            [Llamalith.LlamaModel(Dim = 256, FfnDim = 512, Layers = 1, Heads = 4, KvHeads = 2, VocabSize = 64, Context = 64, QkvBias = true, SlidingWindow = 9,
                KvCache = Llamalith.KvFormat.Int8, Weights = Llamalith.WeightFormat.Q4_K_M | Llamalith.WeightFormat.Q8_0 | Llamalith.WeightFormat.Q2_K | Llamalith.WeightFormat.F16,
                Training = true, EmbeddedWeights = "model.gguf")]
            [Llamalith.Prompt("story", "Once")]
            public sealed partial class Everything;

            [Llamalith.LlamaModel(Dim = 64, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 64, Context = 64, NormPlacement = Llamalith.NormPlacement.Both,
                QkNorm = Llamalith.QkNorm.Projection, Activation = Llamalith.Activation.Gelu, EmbeddingScale = 2, ResidualScale = 0.5, LogitScale = 2, AttentionTemperature = 0.5, RopeScaling = Llamalith.RopeScaling.Yarn,
                KvCache = Llamalith.KvFormat.Int8)]
            public sealed partial class Traits;
            """,
        ],
    };

    /// <summary>Every name in the source of its engine.</summary>
    public static IReadOnlyList<string> NamesOfEngines() =>
    [
        .. Generate(Everything, Compile(Everything), out _).SyntaxTrees.Skip(1)
            .SelectMany(static tree => tree.GetRoot().DescendantTokens())
            .Where(static token => token.IsKind(SyntaxKind.IdentifierToken))
            .Select(static token => token.ValueText)
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    private static CSharpParseOptions ParseOptionsOf(HostileProject project) =>
        new(project.Language, project.Documented ? DocumentationMode.Diagnose : DocumentationMode.Parse);
}
