using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Llamalith.Generator;
using Llamalith.Generator.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Cli.Compilation;

/// <summary>
/// Runs the generator and the C# compiler in this process. Nothing else here may touch either: they are large, and a start that
/// finds its engine in the cache loads neither.
/// </summary>
internal static class EngineCompiler
{
    private static readonly CSharpParseOptions s_parsing = new(LanguageVersion.CSharp14, DocumentationMode.None);

    /// <summary>The files that the generator makes of a class: for this machine where the class is for its best instruction set alone, else for any.</summary>
    /// <exception cref="CliException">The class breaks one of the generator's rules.</exception>
    public static IReadOnlyList<GeneratedSource> Generate(ModelClass model, CancellationToken cancellation = default)
    {
        Generate([ModelClassWriter.WriteFile(model)], model.Isa == MachineIsa.Best, out ImmutableArray<GeneratedSourceResult> sources, cancellation);
        return [.. sources.Select(source => new GeneratedSource(source.HintName, source.SourceText.ToString()))];
    }

    /// <summary>Compiles C# that holds a model class, together with what the generator makes of it, to an assembly that this machine runs.</summary>
    /// <param name="name">The assembly's name.</param>
    /// <param name="sources">The source files.</param>
    /// <param name="cancellation">Stops the compiler.</param>
    /// <exception cref="CliException">The class breaks one of the generator's rules.</exception>
    public static byte[] Compile(string name, IReadOnlyList<string> sources, CancellationToken cancellation = default)
    {
        Microsoft.CodeAnalysis.Compilation compilation = Generate(sources, forThisMachine: true, out _, cancellation).WithAssemblyName(name);
        using MemoryStream image = new();
        EmitResult result = compilation.Emit(image, cancellationToken: cancellation);
        if (!result.Success)
            throw new InvalidOperationException($"The emitted engine does not compile: {result.Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error)}");
        return image.ToArray();
    }

    [SuppressMessage("MicrosoftCodeAnalysisCorrectness", "RS1035", Justification = "This is no analyzer.")]
    private static Microsoft.CodeAnalysis.Compilation Generate(
        IReadOnlyList<string> sources, bool forThisMachine, out ImmutableArray<GeneratedSourceResult> generated, CancellationToken cancellation)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Engine",
            sources.Select(source => CSharpSyntaxTree.ParseText(SourceText.From(source, Encoding.UTF8), s_parsing, cancellationToken: cancellation)),
            EngineReferences.Load(),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                allowUnsafe: true,
                optimizationLevel: OptimizationLevel.Release,
                deterministic: true,
                generalDiagnosticOption: ReportDiagnostic.Suppress));
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new LlamaGenerator().AsSourceGenerator()], parseOptions: s_parsing, optionsProvider: forThisMachine ? new MachineOptions() : null)
            .RunGeneratorsAndUpdateCompilation(compilation, out Microsoft.CodeAnalysis.Compilation whole, out _, cancellation);
        GeneratorRunResult result = driver.GetRunResult().Results[0];
        if (result.Exception is not null)
            throw new InvalidOperationException("The generator failed.", result.Exception);
        generated = result.GeneratedSources;
        return generated.IsEmpty ? throw Complaints(compilation, cancellation) : whole;
    }

    // The generator is silent about a class that breaks a rule; the analyzer beside it says which.
    private static CliException Complaints(CSharpCompilation compilation, CancellationToken cancellation)
    {
        CSharpCompilation heard = compilation.WithOptions(compilation.Options.WithGeneralDiagnosticOption(ReportDiagnostic.Default));
        IEnumerable<string> complaints = heard
            .WithAnalyzers([new LlamaModelAnalyzer()])
            .GetAnalyzerDiagnosticsAsync(cancellation).GetAwaiter().GetResult()
            .Select(complaint => $"{complaint.GetMessage(System.Globalization.CultureInfo.InvariantCulture)} ({complaint.Id})");
        return new CliException($"No engine can be compiled for this model: {string.Join("; ", complaints)}");
    }
}
