using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Basic.Reference.Assemblies;
using Llamalith.Contracts;
using Llamalith.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace Llamalith.Tests.Harness;

/// <summary>Compiles sources in memory as a consumer's project would be: .NET 10, C# 14, unsafe code on, the generator at work.</summary>
internal static class Compiler
{
    private static readonly MetadataReference s_attributes =
        MetadataReference.CreateFromFile(typeof(LlamaModelAttribute).Assembly.Location);
    private static readonly MetadataReference s_runtime = MetadataReference.CreateFromFile(typeof(ILlamaModel).Assembly.Location);

    public static CSharpParseOptions ParseOptions { get; } = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14);

    public static CSharpCompilationOptions Options { get; } =
        new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, optimizationLevel: OptimizationLevel.Release, deterministic: true);

    /// <summary>The references of a consumer's project.</summary>
    public static ImmutableArray<MetadataReference> References { get; } = [.. Net100.References.All, s_attributes, s_runtime];

    // What all compilations are made from, so that the framework's symbols are read and bound once.
    private static readonly CSharpCompilation s_empty = CSharpCompilation.Create("Consumer", [], References, Options);

    public static CSharpCompilation Compile(params string[] sources) => s_empty.AddSyntaxTrees(
        sources.Select(static (source, index) => CSharpSyntaxTree.ParseText(source, ParseOptions, path: $"Source{index}.cs")));

    public static GeneratorDriver CreateDriver(
        CSharpParseOptions? options = null, TestProperties? properties = null, params AdditionalText[] files) =>
        CSharpGeneratorDriver.Create(
            [new LlamaGenerator().AsSourceGenerator()],
            additionalTexts: files,
            parseOptions: options ?? ParseOptions,
            optionsProvider: properties,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>What the generator makes of the sources, in the order it made it.</summary>
    public static ImmutableArray<GeneratedSourceResult> Generate(params string[] sources)
    {
        GeneratorRunResult result = CreateDriver().RunGenerators(Compile(sources)).GetRunResult().Results.Single();
        if (result.Exception is not null)
            throw new InvalidOperationException("The generator failed.", result.Exception);
        return result.GeneratedSources;
    }

    /// <summary>The sources together with what was generated; no error and no warning is let through.</summary>
    public static byte[] Emit(params string[] sources) => Emit(ParseOptions, sources);

    /// <summary>The same, read under other options.</summary>
    public static byte[] Emit(CSharpParseOptions options, params string[] sources) => Emit(options, sources, out _);

    /// <summary>The same, with the files that were generated.</summary>
    public static byte[] Emit(string source, out ImmutableArray<SyntaxTree> generated) => Emit(ParseOptions, [source], out generated);

    private static byte[] Emit(CSharpParseOptions options, string[] sources, out ImmutableArray<SyntaxTree> generated)
    {
        CSharpCompilation input = Compile([]).AddSyntaxTrees(sources.Select(source => CSharpSyntaxTree.ParseText(source, options)));
        GeneratorDriver driver = CreateDriver(options)
            .RunGeneratorsAndUpdateCompilation(input, out Compilation output, out ImmutableArray<Diagnostic> complaints);
        generated = driver.GetRunResult().GeneratedTrees;
        using MemoryStream image = new();
        EmitResult result = output.Emit(image);
        Assert.DoesNotContain(complaints.Concat(result.Diagnostics), static d => d.Severity >= DiagnosticSeverity.Warning);
        return image.ToArray();
    }

    /// <summary>The sources compiled with what was generated, ready to run; goes away with the last reference to it.</summary>
    public static Assembly CompileAndLoad(params string[] sources)
    {
        AssemblyLoadContext context = new("Consumer", isCollectible: true);
        using MemoryStream image = new(Emit(sources));
        return context.LoadFromStream(image);
    }
}
