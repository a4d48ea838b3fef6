using System;
using System.Collections.Generic;
using System.Linq;
using Basic.Reference.Assemblies;
using Llamalith.Contracts;
using Llamalith.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llamalith.Benchmarks.Models;

/// <summary>The compiler at work on a program with one annotated class, as an editor or a build runs it.</summary>
internal sealed class GeneratorRun
{
    private const string Model = """
        using Llamalith;
        namespace My.App;
        [LlamaModel(LlamaPreset.Llama2_7B)]
        public sealed partial class Chat;
        """;

    private static readonly CSharpParseOptions s_parse = new(LanguageVersion.CSharp14);

    private readonly CSharpCompilation _compilation;
    private readonly SyntaxTree _edited;
    private int _edits;

    public GeneratorRun()
    {
        // Some files beside the model's, as any program has.
        SyntaxTree[] trees = [CSharpSyntaxTree.ParseText(Model, s_parse), .. Enumerable.Range(0, 20).Select(Other)];
        _edited = trees[^1];
        IEnumerable<MetadataReference> references = Net100.References.All
            .Append(MetadataReference.CreateFromFile(typeof(LlamaModelAttribute).Assembly.Location))
            .Append(MetadataReference.CreateFromFile(typeof(ModelShape).Assembly.Location));
        _compilation = CSharpCompilation.Create(
            "Program", trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }

    /// <summary>Parses and binds the program without the generator, so that the compiler itself is warm.</summary>
    public void WarmCompiler()
    {
        _ = _compilation.GetDiagnostics().Length;
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new Nothing().AsSourceGenerator()], parseOptions: s_parse);
        _ = driver.RunGenerators(_compilation).GetRunResult();
    }

    /// <summary>Everything from nothing: what a build does, or an editor that opens the project.</summary>
    public GeneratorDriver Generate(bool trackSteps = false)
    {
        GeneratorDriver driver = CSharpGeneratorDriver
            .Create([new LlamaGenerator().AsSourceGenerator()], parseOptions: s_parse,
                driverOptions: new GeneratorDriverOptions(default, trackIncrementalGeneratorSteps: trackSteps))
            .RunGenerators(_compilation);
        GeneratorDriverRunResult result = driver.GetRunResult();
        if (result.GeneratedTrees.IsEmpty || !result.Diagnostics.IsEmpty)
        {
            throw new InvalidOperationException(
                $"The generator made {result.GeneratedTrees.Length} files and {result.Diagnostics.Length} diagnostics.");
        }

        return driver;
    }

    /// <summary>The program with one more character typed in another file.</summary>
    public Compilation Edit() => _compilation.ReplaceSyntaxTree(_edited, Other(1000 + _edits++));

    /// <summary>How many outputs of the last run were made anew rather than taken from the run before.</summary>
    public static int Redone(GeneratorDriver driver)
    {
        ArgumentNullException.ThrowIfNull(driver);
        return driver.GetRunResult().Results
            .SelectMany(result => result.TrackedOutputSteps.Values)
            .SelectMany(steps => steps)
            .SelectMany(step => step.Outputs)
            .Count(output => output.Reason is not (IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged));
    }

    private static SyntaxTree Other(int number) => CSharpSyntaxTree.ParseText(
        $$"""
        namespace My.App;
        public sealed class Other{{number}}
        {
            public int Twice(int x) => x + x;
        }
        """,
        s_parse);

    // Loads and warms what any generator needs of the driver.
    private sealed class Nothing : IIncrementalGenerator
    {
        public void Initialize(IncrementalGeneratorInitializationContext context)
        {
            IncrementalValuesProvider<string> names = context.SyntaxProvider.ForAttributeWithMetadataName(
                "System.ObsoleteAttribute", static (_, _) => true, static (found, _) => found.TargetSymbol.Name);
            context.RegisterSourceOutput(names, static (output, name) => output.AddSource(name, "// " + name));
        }
    }
}
