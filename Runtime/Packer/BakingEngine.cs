using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Runtime.Loader;
using System.Text;
using Llamalith.Contracts;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Packer;

/// <summary>The very engine that the program will have, compiled into this process, so that a prompt's keys and values are those that it would compute itself.</summary>
internal sealed class BakingEngine
{
    private readonly Action<Checkpoint, LoadOptions, int[], Stream> _bake;

    private BakingEngine(int context, Action<Checkpoint, LoadOptions, int[], Stream> bake)
    {
        Context = context;
        _bake = bake;
    }

    /// <summary>Most positions.</summary>
    public int Context { get; }

    /// <summary>Compiles the engine of a model; null where the generator refuses it, which the analyzer explains.</summary>
    public static BakingEngine? Compile(EmbeddedModel model, PackerOptions options) =>
        Compile(model, options.Generator, BestOf(options.Targets)) ?? Compile(model, options.Generator, options.Targets);

    // The set that this machine would choose: to compile the others would take most of the time.
    private static string BestOf(string targets)
    {
        HashSet<string> wanted = new(targets.Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);
        bool any = wanted.Count == 0 || wanted.Contains("all") || wanted.Contains("native");
        return (any || wanted.Contains("avx512")) && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported ? "avx512"
            : (any || wanted.Contains("avx2")) && Avx2.IsSupported && Fma.IsSupported ? "avx2"
            : (any || wanted.Contains("neon")) && AdvSimd.Arm64.IsSupported ? "neon"
            : targets;
    }

    private static BakingEngine? Compile(EmbeddedModel model, string generator, string targets)
    {
        CSharpParseOptions parsing = new(LanguageVersion.CSharp14, DocumentationMode.None);
        string entry = $$"""
            public static class LlamalithEntry
            {
                public static void Bake(global::Llamalith.Contracts.Checkpoint checkpoint, global::Llamalith.Contracts.LoadOptions options, int[] tokens, global::System.IO.Stream to)
                {
                    using global::{{model.FullName}} model = global::{{model.FullName}}.Load(checkpoint, options);
                    model.Prefill(tokens);
                    model.Cache.Save(to);
                }
            }
            """;
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Llamalith.Baking",
            new[] { model.Source, entry }.Select(source => CSharpSyntaxTree.ParseText(SourceText.From(source, Encoding.UTF8), parsing)),
            References.All,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, optimizationLevel: OptimizationLevel.Release, generalDiagnosticOption: ReportDiagnostic.Suppress));
        ImmutableArray<ISourceGenerator> generators = new AnalyzerFileReference(generator, new Loader()).GetGenerators(LanguageNames.CSharp);
        GeneratorDriver driver = CSharpGeneratorDriver.Create(generators, parseOptions: parsing, optionsProvider: new Properties(targets))
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation whole, out _);
        if (driver.GetRunResult().GeneratedTrees.IsEmpty)
            return null;
        using MemoryStream image = new();
        EmitResult result = whole.Emit(image);
        if (!result.Success)
            throw new InvalidOperationException($"The emitted engine does not compile: {result.Diagnostics.First(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)}");
        image.Position = 0;
        Assembly assembly = new AssemblyLoadContext("baking").LoadFromStream(image);
        int context = (int)assembly.GetType(model.FullName.Replace("@", "", StringComparison.Ordinal), throwOnError: true)!.GetField("Context")!.GetRawConstantValue()!;
        return new BakingEngine(context, assembly.GetType("LlamalithEntry", throwOnError: true)!.GetMethod("Bake")!.CreateDelegate<Action<Checkpoint, LoadOptions, int[], Stream>>());
    }

    /// <summary>Runs tokens through the model and writes the cache that they leave.</summary>
    /// <param name="checkpoint">The weights, which are disposed of.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="to">Gets the cache.</param>
    public void Bake(Checkpoint checkpoint, int[] tokens, Stream to) => _bake(checkpoint, new LoadOptions(), tokens, to);

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => AssemblyLoadContext.Default.LoadFromAssemblyPath(fullPath);
    }

    /// <summary>The MSBuild property that narrows what is emitted.</summary>
    private sealed class Properties(string targets) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Options(new Dictionary<string, string> { ["build_property._LlamalithTargets"] = targets });

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;
    }

    private sealed class Options(Dictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [NotNullWhen(true)] out string? value) => values.TryGetValue(key, out value);
    }
}
