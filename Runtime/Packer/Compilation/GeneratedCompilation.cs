using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Packer.Compilation;

/// <summary>Sources that hold model classes, together with what the generator makes of them, in this process.</summary>
internal sealed class GeneratedCompilation
{
    private static readonly CSharpParseOptions s_parsing = new(LanguageVersion.CSharp14, DocumentationMode.None);

    private readonly Microsoft.CodeAnalysis.Compilation _whole;

    /// <summary>Runs a generator over sources.</summary>
    /// <param name="name">The assembly's name.</param>
    /// <param name="sources">The sources.</param>
    /// <param name="generators">The generator.</param>
    /// <param name="properties">What it is told of the build; null for nothing.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FileNotFoundException">There is nothing to compile against.</exception>
    /// <exception cref="InvalidOperationException">The generator failed.</exception>
    public GeneratedCompilation(
        string name, IEnumerable<string> sources, IEnumerable<ISourceGenerator> generators, BuildProperties? properties,
        CancellationToken cancellation = default)
    {
        Input = CSharpCompilation.Create(
            name,
            sources.Select(
                source => CSharpSyntaxTree.ParseText(SourceText.From(source, Encoding.UTF8), s_parsing, cancellationToken: cancellation)),
            FrameworkReferences.Load(),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                allowUnsafe: true,
                optimizationLevel: OptimizationLevel.Release,
                deterministic: true,
                generalDiagnosticOption: ReportDiagnostic.Suppress));
        GeneratorDriver driver = CSharpGeneratorDriver.Create(generators, parseOptions: s_parsing, optionsProvider: properties)
            .RunGeneratorsAndUpdateCompilation(Input, out _whole, out _, cancellation);
        ImmutableArray<GeneratorRunResult> results = driver.GetRunResult().Results;
        if (results.Select(static result => result.Exception).FirstOrDefault(static exception => exception is not null) is { } failure)
            throw new InvalidOperationException("The generator failed.", failure);
        Sources = [.. results.SelectMany(static result => result.GeneratedSources)];
    }

    /// <summary>The sources alone.</summary>
    public CSharpCompilation Input { get; }

    /// <summary>What the generator made; empty where it refuses the classes.</summary>
    public ImmutableArray<GeneratedSourceResult> Sources { get; }

    /// <summary>The assembly.</summary>
    /// <exception cref="InvalidOperationException">What was emitted does not compile.</exception>
    public byte[] Emit(CancellationToken cancellation = default)
    {
        using MemoryStream image = new();
        EmitResult result = _whole.Emit(image, cancellationToken: cancellation);
        return result.Success
            ? image.ToArray()
            : throw new InvalidOperationException(
                "The emitted engine does not compile: "
                    + $"{result.Diagnostics.First(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)}");
    }
}
