using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Linq;
using System.Threading;
using Llamalith.Generator;
using Llamalith.Generator.Reading;
using Llamalith.Packer.Compilation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Llamalith.Cli.Compilation;

/// <summary>
/// Runs the generator and the C# compiler in this process. Nothing else here may touch either: they are large, and a start that
/// finds its engine in the cache loads neither.
/// </summary>
internal static class EngineCompiler
{
    /// <summary>
    /// The files that the generator makes of a class: for this machine where the class is for its best instruction set alone, else for any.
    /// </summary>
    /// <exception cref="CliException">The class breaks one of the generator's rules.</exception>
    public static IReadOnlyList<GeneratedSource> Generate(ModelClass model, CancellationToken cancellation = default)
    {
        GeneratedCompilation engine = Generate("Engine", [ModelClassWriter.WriteFile(model)], model.Isa == MachineIsa.Best, cancellation);
        return [.. engine.Sources.Select(source => new GeneratedSource(source.HintName, source.SourceText.ToString()))];
    }

    /// <summary>
    /// Compiles C# that holds a model class, together with what the generator makes of it, to an assembly that this machine runs.
    /// </summary>
    /// <param name="name">The assembly's name.</param>
    /// <param name="sources">The source files.</param>
    /// <param name="cancellation">Stops the compiler.</param>
    /// <exception cref="CliException">The class breaks one of the generator's rules.</exception>
    public static byte[] Compile(string name, IReadOnlyList<string> sources, CancellationToken cancellation = default) =>
        Generate(name, sources, forThisMachine: true, cancellation).Emit(cancellation);

    [SuppressMessage("MicrosoftCodeAnalysisCorrectness", "RS1035", Justification = "This is no analyzer.")]
    private static GeneratedCompilation Generate(
        string name, IReadOnlyList<string> sources, bool forThisMachine, CancellationToken cancellation)
    {
        // Kernels that this machine would not take are not emitted.
        BuildProperties? machine = forThisMachine ? new(("LlamalithAvxVnni", MachineIsa.HasAvxVnni ? "true" : "false")) : null;
        GeneratedCompilation engine;
        try
        {
            engine = new(name, sources, [new LlamaGenerator().AsSourceGenerator()], machine, cancellation);
        }
        catch (FileNotFoundException e)
        {
            throw new CliException(e.Message, e);
        }

        return engine.Sources.IsEmpty ? throw Complaints(engine.Input, cancellation) : engine;
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
