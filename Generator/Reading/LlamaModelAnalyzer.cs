using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Llamalith.Generator.Reading;

/// <summary>
/// Reports everything that keeps a model from being compiled, at the argument at fault. An analyzer, since its diagnostics have real
/// source positions (so #pragma warning disable, .editorconfig and code fixes work) at no cost to the generator's caching.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LlamaModelAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => Diagnostics.All;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (start.Compilation.GetTypeByMetadataName(KnownNames.ModelAttribute) is not INamedTypeSymbol attribute)
                return;
            BuildOptions options = BuildOptionsReader.Read(start.Compilation, start.Options.AnalyzerConfigOptionsProvider.GlobalOptions);
            start.RegisterSymbolAction(symbol => Analyze(symbol, attribute, options), SymbolKind.NamedType);
        });
    }

    private static void Analyze(SymbolAnalysisContext context, INamedTypeSymbol attributeType, BuildOptions options)
    {
        INamedTypeSymbol type = (INamedTypeSymbol)context.Symbol;
        AttributeData? attribute = type.GetAttributes()
            .FirstOrDefault(candidate => SymbolEqualityComparer.Default.Equals(candidate.AttributeClass, attributeType));
        if (attribute?.ApplicationSyntaxReference?.GetSyntax(context.CancellationToken) is not AttributeSyntax syntax)
            return;
        ModelRequest request = SpecReader.Read(type, attribute, context.CancellationToken);
        IEnumerable<SpecProblem> problems = SpecRules.Check(request, options);
        if (SpecRules.Resolve(request, options) is { } spec && MemoryPlan.Check(spec) is { } overBudget)
            problems = problems.Append(overBudget);
        foreach (SpecProblem problem in problems)
        {
            context.ReportDiagnostic(Diagnostic.Create(
                Diagnostics.Of(problem.Rule),
                problem.Prompt is int prompt ? LocatePrompt(type, prompt, context.CancellationToken) : Locate(problem, syntax),
                PropertiesFor(problem),
                [.. problem.Arguments]));
        }
    }

    private static ImmutableDictionary<string, string?> PropertiesFor(SpecProblem problem) => problem.Suggestion.Length == 0
        ? ImmutableDictionary<string, string?>.Empty
        : ImmutableDictionary<string, string?>.Empty.Add(FixNames.Property, problem.Properties[0]).Add(FixNames.Value, problem.Suggestion);

    private static Location? LocatePrompt(INamedTypeSymbol type, int prompt, CancellationToken cancellation) =>
        SpecReader.PromptsOf(type).ElementAt(prompt).ApplicationSyntaxReference?.GetSyntax(cancellation).GetLocation();

    // The first property at fault that was written; else the preset that gave it; else the attribute. A fault of the class: its name.
    private static Location Locate(SpecProblem problem, AttributeSyntax attribute)
    {
        if (IsFaultOfClass(problem.Rule))
            return attribute.FirstAncestorOrSelf<TypeDeclarationSyntax>()!.Identifier.GetLocation();
        if (problem.Properties.Count > 0 && attribute.ArgumentList is AttributeArgumentListSyntax list)
        {
            foreach (string property in problem.Properties)
            {
                if (list.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == property) is AttributeArgumentSyntax written)
                    return written.GetLocation();
            }

            if (list.Arguments.FirstOrDefault(static argument => argument.NameEquals is null) is AttributeArgumentSyntax preset)
                return preset.GetLocation();
        }

        return attribute.GetLocation();
    }

    private static bool IsFaultOfClass(SpecRule rule) =>
        rule is SpecRule.NotPartial or SpecRule.Nested or SpecRule.Generic or SpecRule.UnusableClass;
}
