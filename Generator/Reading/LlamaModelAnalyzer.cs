using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Threading;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
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
            if (start.Compilation.GetTypeByMetadataName(KnownNames.ModelAttribute) is null
                && !start.Compilation.SourceModule.ReferencedAssemblySymbols.Any(static library => library.Name == KnownNames.Attributes))
            {
                return;
            }

            BuildOptions options = BuildOptionsReader.Read(start.Compilation, start.Options.AnalyzerConfigOptionsProvider.GlobalOptions);
            IReadOnlyList<DescribedFile> files = DescribedFileReader.ReadAll(
                start.Options,
                text => start.TryGetValue(text, DescribedFileReader.Kept, out DescribedFile? file) ? file : null,
                start.CancellationToken);
            start.RegisterSymbolAction(symbol => Analyze(symbol, options, files), SymbolKind.NamedType);
            start.RegisterSyntaxNodeAction(AnalyzeArguments, SyntaxKind.Attribute);
        });
    }

    private static void Analyze(SymbolAnalysisContext context, BuildOptions options, IReadOnlyList<DescribedFile> files)
    {
        INamedTypeSymbol type = (INamedTypeSymbol)context.Symbol;
        AttributeData? attribute = SpecReader.AttributeOf(type);
        if (attribute?.ApplicationSyntaxReference?.GetSyntax(context.CancellationToken) is not AttributeSyntax syntax)
            return;
        ModelRequest request = SpecReader.Read(type, attribute, context.Compilation, context.CancellationToken).With(files);
        IEnumerable<SpecProblem> problems = SpecRules.Check(request, options);
        if (SpecRules.Resolve(request, options) is { } spec)
        {
            if (MemoryPlan.Check(spec) is { } overBudget)
                problems = problems.Append(overBudget);
            problems = problems.Concat(files
                .Where(file => file.IsSeen && file.Path != request.File?.Path && file.Classes.Contains(spec.PlainName))
                .SelectMany(file => SpecRules.CheckAgreement(spec, file)));
        }

        foreach (SpecProblem problem in problems)
        {
            // What does not compile here either the compiler complains of.
            if (problem.Rule == SpecRule.UnreadableArgument)
                continue;
            context.ReportDiagnostic(Diagnostic.Create(
                Diagnostics.Of(problem.Rule),
                problem.Prompt is int prompt ? LocatePrompt(type, prompt, context.CancellationToken)
                    : problem.Clash is int clash ? LocateClash(context, type, attribute, clash) ?? NameOf(syntax).GetLocation()
                    : Locate(problem, syntax),
                PropertiesFor(problem),
                [.. problem.Arguments]));
        }
    }

    // A constant that is generated, another engine's for example: it is none yet when the generator reads the attribute.
    private static void AnalyzeArguments(SyntaxNodeAnalysisContext context)
    {
        AttributeSyntax attribute = (AttributeSyntax)context.Node;
        SemanticModel semantics = context.SemanticModel;
        if (attribute.ArgumentList is null
            || semantics.GetTypeInfo(attribute, context.CancellationToken).Type?.ToDisplayString() != KnownNames.ModelAttribute)
        {
            return;
        }

        foreach (AttributeArgumentSyntax argument in attribute.ArgumentList.Arguments)
        {
            if (!argument.Expression.DescendantNodesAndSelf().OfType<SimpleNameSyntax>().Any(IsGenerated))
                continue;
            string? property = argument.NameEquals?.Name.Identifier.ValueText;
            ITypeSymbol? type = semantics.GetTypeInfo(argument.Expression, context.CancellationToken).Type;
            object? constant = semantics.GetConstantValue(argument.Expression, context.CancellationToken).Value;
            context.ReportDiagnostic(Diagnostic.Create(
                Diagnostics.Of(SpecRule.UnreadableArgument),
                argument.GetLocation(),
                property is not null && type?.SpecialType == SpecialType.System_Int32 && constant is int value
                    ? Suggestion(property, value.ToString(CultureInfo.InvariantCulture))
                    : null,
                property ?? nameof(ModelRequest.Preset)));
        }

        bool IsGenerated(SimpleNameSyntax name) =>
            semantics.GetSymbolInfo(name, context.CancellationToken).Symbol is IFieldSymbol field && GeneratedTrees.Contain(field);
    }

    private static ImmutableDictionary<string, string?> PropertiesFor(SpecProblem problem)
    {
        if (problem.Suggestion.Length == 0)
            return ImmutableDictionary<string, string?>.Empty;
        ImmutableDictionary<string, string?> suggested = Suggestion(problem.Properties[0], problem.Suggestion);
        return problem.Rule != SpecRule.FileDisagrees
            ? suggested
            : suggested.Add(FixNames.Shown, problem.Arguments[2]).Add(FixNames.All, string.Join("\n", problem.AllSuggestions));
    }

    private static ImmutableDictionary<string, string?> Suggestion(string property, string value) =>
        ImmutableDictionary<string, string?>.Empty.Add(FixNames.Property, property).Add(FixNames.Value, value);

    private static Location? LocatePrompt(INamedTypeSymbol type, int prompt, CancellationToken cancellation) =>
        SpecReader.PromptsOf(type).ElementAt(prompt).ApplicationSyntaxReference?.GetSyntax(cancellation).GetLocation();

    private static Location? LocateClash(SymbolAnalysisContext context, INamedTypeSymbol type, AttributeData attribute, int clash) =>
        SpecReader.ClashesOf(type, attribute, context.Compilation, context.CancellationToken).ElementAt(clash).Place;

    // The first property at fault that was written; else the preset that gave it; else the attribute. A fault of the class: its name.
    private static Location Locate(SpecProblem problem, AttributeSyntax attribute)
    {
        if (IsFaultOfClass(problem.Rule))
            return NameOf(attribute).GetLocation();
        if (problem.Properties.Count > 0 && attribute.ArgumentList is AttributeArgumentListSyntax list)
        {
            foreach (string property in problem.Properties)
            {
                if (list.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == property)
                    is AttributeArgumentSyntax written)
                {
                    return written.GetLocation();
                }
            }

            if (list.Arguments.FirstOrDefault(static argument => argument.NameEquals is null) is AttributeArgumentSyntax preset)
                return preset.GetLocation();
        }

        return attribute.GetLocation();
    }

    private static SyntaxToken NameOf(AttributeSyntax attribute) => attribute.FirstAncestorOrSelf<TypeDeclarationSyntax>()!.Identifier;

    private static bool IsFaultOfClass(SpecRule rule) =>
        rule is SpecRule.NotPartial or SpecRule.Nested or SpecRule.Generic or SpecRule.UnusableClass;
}
