using System.Collections.Immutable;
using System.Text;
using Llamalith.Generator.Emission;
using Llamalith.Generator.Reading;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Generator;

/// <summary>
/// The compiler's front door: every class with [LlamaModel] becomes an engine. It reports nothing itself. Diagnostics need source
/// positions, which would make every step here run again whenever a line above a model is added; <see cref="LlamaModelAnalyzer"/>
/// applies the same rules where positions are at hand. For a request that breaks a rule nothing is emitted.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class LlamaGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<ModelRequest> requests = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                KnownNames.ModelAttribute,
                static (node, _) => node is ClassDeclarationSyntax,
                static (found, cancellation) => SpecReader.Read(found, cancellation))
            .Where(static request => request is not null)
            .Select(static (request, _) => request!)
            .WithTrackingName(TrackingNames.Requests);

        IncrementalValuesProvider<DescribedFile> files = context.AdditionalTextsProvider
            .Where(static file => DescribedFileReader.IsModel(file))
            .Select(static (file, cancellation) => DescribedFileReader.Read(file, cancellation))
            .Where(static file => file is not null)
            .Select(static (file, _) => file!)
            .WithTrackingName(TrackingNames.Files);

        IncrementalValuesProvider<ModelRequest> described = requests
            .Combine(files.Collect())
            .Select(static (pair, _) => pair.Left.With(pair.Right))
            .WithTrackingName(TrackingNames.Described);

        IncrementalValueProvider<BuildOptions> options = context.CompilationProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (build, _) => BuildOptionsReader.Read(build.Left, build.Right.GlobalOptions))
            .WithTrackingName(TrackingNames.Options);

        IncrementalValuesProvider<ModelSpec> specs = described
            .Combine(options)
            .SelectMany(static (pair, _) => SpecRules.Resolve(pair.Left, pair.Right) is ModelSpec spec
                ? ImmutableArray.Create(spec)
                : ImmutableArray<ModelSpec>.Empty)
            .WithTrackingName(TrackingNames.Specs);

        IncrementalValuesProvider<ModelSpec> placed = specs
            .Collect()
            .SelectMany(static (all, _) => HintFolders.Assign(all))
            .WithTrackingName(TrackingNames.Placed);

        context.RegisterSourceOutput(placed, static (output, spec) =>
        {
            foreach (GeneratedFile file in ModelEmitter.Emit(spec))
                output.AddSource(file.HintName, SourceText.From(file.Source, Encoding.UTF8));
        });
    }
}
