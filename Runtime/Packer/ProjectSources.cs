using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Llamalith.Contracts;
using Llamalith.Packer.Compilation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Packer;

/// <summary>
/// Finds the models that a project embeds in its sources, as the compiler understands them: constants and enums of the sources are known,
/// those of other projects are not.
/// </summary>
internal static partial class ProjectSources
{
    private const string WeightsProperty = nameof(LlamaModelAttribute.EmbeddedWeights);

    // A project may have the namespace as a global using, which the build writes into a source of its own.
    private const string Usings = "global using System; global using Llamalith;";

    // What says nothing of how the engine computes.
    private static readonly string[] s_leftOut =
        [WeightsProperty, nameof(LlamaModelAttribute.Training), nameof(LlamaModelAttribute.MaxMemory)];

    private static readonly SymbolDisplayFormat s_escaped =
        SymbolDisplayFormat.FullyQualifiedFormat.WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted);

    /// <summary>All models of the sources.</summary>
    /// <exception cref="BuildErrorException">The name of a file is not known.</exception>
    public static IEnumerable<EmbeddedModel> ModelsIn(IEnumerable<string> paths, string defines)
    {
        CSharpParseOptions options = new(LanguageVersion.Preview, DocumentationMode.None,
            preprocessorSymbols: defines.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        SyntaxTree[] trees =
            [.. paths.Select(path => CSharpSyntaxTree.ParseText(SourceText.From(File.ReadAllText(path), Encoding.UTF8), options, path))];
        CSharpCompilation compilation =
            CSharpCompilation.Create("Sources", [.. trees, CSharpSyntaxTree.ParseText(Usings, options)], FrameworkReferences.Load());
        HashSet<ISymbol> seen = new(SymbolEqualityComparer.Default);
        foreach (SyntaxTree tree in trees.Where(
            static tree => tree.GetText().ToString().Contains(WeightsProperty, StringComparison.Ordinal)))
        {
            SemanticModel semantics = compilation.GetSemanticModel(tree);
            foreach (ClassDeclarationSyntax declaration in tree.GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>()
                .Where(static type => type.AttributeLists.Count > 0))
            {
                if (semantics.GetDeclaredSymbol(declaration) is { } type && seen.Add(type) && type.GetAttributes()
                    .FirstOrDefault(Is<LlamaModelAttribute>) is { } attribute && Read(type, attribute) is { } model)
                {
                    yield return model;
                }
            }
        }
    }

    private static EmbeddedModel? Read(INamedTypeSymbol type, AttributeData attribute)
    {
        SourcePlace place = PlaceOf(attribute);
        Dictionary<string, TypedConstant> arguments =
            attribute.NamedArguments.ToDictionary(static argument => argument.Key, static argument => argument.Value);
        if (!arguments.TryGetValue(WeightsProperty, out TypedConstant weights)
            || weights is { Kind: not TypedConstantKind.Error, Value: null or "" })
        {
            return null;
        }

        if (weights.Value is not string file)
        {
            throw new BuildErrorException(place, BuildErrorException.NotFound,
                $"{WeightsProperty} must be a string or a constant of this project's sources: the build reads it there to find the file");
        }

        WeightFormat formats =
            ValueOf<WeightFormat>(nameof(LlamaModelAttribute.Weights)) is var written and not 0 ? written : WeightFormat.F32;
        return new EmbeddedModel(
            place,
            type.ToDisplayString(s_escaped),
            file,
            Enum.GetValues<TensorType>()
                .Where(tensor => Enum.TryParse(tensor.ToString(), out WeightFormat format) && (formats & format) != 0).ToHashSet(),
            ValueOf<RopeLayout>(nameof(LlamaModelAttribute.RopeLayout)),
            ShapeProperties.All
                .Select(static property => property.Name)
                .Where(IsWritten)
                .ToDictionary(static name => name, name => arguments[name].Value!),
            SourceOf(type, attribute),
            [.. type.GetAttributes().Where(Is<PromptAttribute>).Select(PromptOf).OfType<EmbeddedPrompt>()]);

        bool IsWritten(string property) =>
            arguments.TryGetValue(property, out TypedConstant value)
            && value is { Kind: TypedConstantKind.Primitive or TypedConstantKind.Enum, Value: not null };

        T ValueOf<T>(string property)
            where T : struct, Enum
            => arguments.TryGetValue(property, out TypedConstant value) && value.Value is int number ? (T)(object)number : default;
    }

    // What the analyzer complains of is left to it.
    private static EmbeddedPrompt? PromptOf(AttributeData prompt) =>
        prompt.ConstructorArguments is [{ Value: string name }, { Value: string { Length: > 0 } text }] && PromptName()
            .IsMatch(name) ? new EmbeddedPrompt(PlaceOf(prompt), name, text) : null;

    private static bool Is<T>(AttributeData attribute) => attribute.AttributeClass?.ToDisplayString() == typeof(T).FullName;

    private static SourcePlace PlaceOf(AttributeData attribute)
    {
        SyntaxReference reference = attribute.ApplicationSyntaxReference!;
        return new SourcePlace(reference.SyntaxTree.FilePath, 1 + reference.SyntaxTree.GetLineSpan(reference.Span).StartLinePosition.Line);
    }

    private static string SourceOf(INamedTypeSymbol type, AttributeData attribute)
    {
        IEnumerable<string> arguments =
        [
            .. attribute.ConstructorArguments.Where(static argument => argument.Kind != TypedConstantKind.Error).Select(Literal),
            .. attribute.NamedArguments.Where(static argument => argument.Value.Kind != TypedConstantKind.Error
                && !s_leftOut.Contains(argument.Key)).Select(static argument => $"{argument.Key} = {Literal(argument.Value)}"),
        ];
        string space =
            type.ContainingNamespace.IsGlobalNamespace ? "" : $"namespace {type.ContainingNamespace.ToDisplayString(s_escaped)};\n";
        return $"{space}[global::{typeof(LlamaModelAttribute).FullName}({string.Join(", ", arguments)})]\npublic sealed partial class "
            + $"@{type.Name};\n";
    }

    private static string Literal(TypedConstant constant)
    {
        string value = SymbolDisplay.FormatPrimitive(constant.Value!, quoteStrings: true, useHexadecimalNumbers: false)!;
        return constant.Kind == TypedConstantKind.Enum ? $"(global::{constant.Type!.ToDisplayString()})({value})" : value;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]*$")]
    private static partial Regex PromptName();
}
