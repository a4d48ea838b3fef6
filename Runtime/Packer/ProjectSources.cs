using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Llamalith.Contracts;
using Llamalith.Packer.Compilation;
using Llamalith.Tools;
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
    private const string WeightsProperty = nameof(LlamaModelAttribute.EmbeddedWeights), FromProperty = nameof(LlamaModelAttribute.From);

    // A project may have the namespace as a global using, which the build writes into a source of its own.
    private const string Usings = "global using System; global using Llamalith;";

    // What says nothing of how the engine computes.
    private static readonly string[] s_leftOut =
        [WeightsProperty, FromProperty, nameof(LlamaModelAttribute.Training), nameof(LlamaModelAttribute.MaxMemory)];

    // As the analyzer has it.
    private static readonly SymbolDisplayFormat s_plain = new(typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces);

    private static readonly SymbolDisplayFormat s_escaped =
        SymbolDisplayFormat.FullyQualifiedFormat.WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted);

    /// <summary>All models that sources embed.</summary>
    /// <param name="paths">The sources.</param>
    /// <param name="defines">The symbols that they are compiled with.</param>
    /// <param name="describe">Gives what was read of the file that <see cref="LlamaModelAttribute.From"/> names.</param>
    /// <exception cref="BuildErrorException">The name of a file is not known.</exception>
    public static IEnumerable<EmbeddedModel> ModelsIn(IEnumerable<string> paths, string defines, Func<string, ModelDescription?> describe) =>
        ClassesIn(Compile(paths, defines))
            .Select(found => Read(found.Type, found.Attribute, describe))
            .OfType<EmbeddedModel>();

    /// <summary>All model files that sources name: by From, by EmbeddedWeights, and in calls of Load.</summary>
    /// <inheritdoc cref="ModelsIn"/>
    public static IEnumerable<ModelReference> ReferencesIn(IEnumerable<string> paths, string defines)
    {
        CSharpCompilation compilation = Compile(paths, defines);
        foreach ((INamedTypeSymbol type, AttributeData attribute) in ClassesIn(compilation))
        {
            foreach (string property in (string[])[FromProperty, WeightsProperty])
            {
                if (attribute.NamedArguments.FirstOrDefault(argument => argument.Key == property).Value is { Kind: not TypedConstantKind.Error, Value: string { Length: > 0 } file })
                    yield return new ModelReference(property == FromProperty, file, type.ToDisplayString(s_plain), PlaceOf(attribute));
            }
        }

        foreach (SyntaxTree tree in compilation.SyntaxTrees.Where(static tree => Contains(tree, ".Load(")))
        {
            SemanticModel semantics = compilation.GetSemanticModel(tree);
            foreach (InvocationExpressionSyntax call in tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>())
            {
                if (call is { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Load" } access, ArgumentList.Arguments: [var first, ..] }
                    && semantics.GetSymbolInfo(access.Expression).Symbol is INamedTypeSymbol type && AttributeOf(type) is { } attribute
                    && semantics.GetConstantValue(first.Expression).Value is string { Length: > 0 } file)
                {
                    yield return new ModelReference(false, file, type.ToDisplayString(s_plain), PlaceOf(attribute));
                }
            }
        }
    }

    private static CSharpCompilation Compile(IEnumerable<string> paths, string defines)
    {
        CSharpParseOptions options = new(LanguageVersion.Preview, DocumentationMode.None,
            preprocessorSymbols: defines.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        SyntaxTree[] trees =
            [.. paths.Select(path => CSharpSyntaxTree.ParseText(SourceText.From(File.ReadAllText(path), Encoding.UTF8), options, path))];
        return CSharpCompilation.Create("Sources", [.. trees, CSharpSyntaxTree.ParseText(Usings, options)], FrameworkReferences.Load());
    }

    private static IEnumerable<(INamedTypeSymbol Type, AttributeData Attribute)> ClassesIn(CSharpCompilation compilation)
    {
        HashSet<ISymbol> seen = new(SymbolEqualityComparer.Default);
        foreach (SyntaxTree tree in compilation.SyntaxTrees.Where(static tree => Contains(tree, FromProperty) || Contains(tree, WeightsProperty)))
        {
            SemanticModel semantics = compilation.GetSemanticModel(tree);
            foreach (ClassDeclarationSyntax declaration in tree.GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>()
                .Where(static type => type.AttributeLists.Count > 0))
            {
                if (semantics.GetDeclaredSymbol(declaration) is { } type && seen.Add(type) && AttributeOf(type) is { } attribute)
                    yield return (type, attribute);
            }
        }
    }

    private static bool Contains(SyntaxTree tree, string text) => tree.GetText().ToString().Contains(text, StringComparison.Ordinal);

    private static AttributeData? AttributeOf(INamedTypeSymbol type) => type.GetAttributes().FirstOrDefault(Is<LlamaModelAttribute>);

    private static EmbeddedModel? Read(INamedTypeSymbol type, AttributeData attribute, Func<string, ModelDescription?> describe)
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

        ModelDescription? from =
            arguments.TryGetValue(FromProperty, out TypedConstant path) && path is { Kind: not TypedConstantKind.Error, Value: string { Length: > 0 } named }
                ? describe(named) : null;
        WeightFormat formats = ValueOf<WeightFormat>(nameof(LlamaModelAttribute.Weights)) is var written and not 0
            ? written : from?.Formats is { } described and not 0 ? described : WeightFormat.F32;
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
            SourceOf(type, attribute, from),
            ArgumentsOf(attribute),
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

    private static Dictionary<string, SourcePlace> ArgumentsOf(AttributeData attribute) =>
        attribute.ApplicationSyntaxReference?.GetSyntax() is AttributeSyntax { ArgumentList.Arguments: var arguments }
            ? arguments.Where(static argument => argument.NameEquals is not null)
                .GroupBy(static argument => argument.NameEquals!.Name.Identifier.ValueText)
                .ToDictionary(static same => same.Key, static same => PlaceOf(same.First()))
            : [];

    private static SourcePlace PlaceOf(SyntaxNode node)
    {
        LinePosition start = node.GetLocation().GetLineSpan().StartLinePosition;
        return new SourcePlace(node.SyntaxTree.FilePath, 1 + start.Line, 1 + start.Character);
    }

    private static SourcePlace PlaceOf(AttributeData attribute)
    {
        SyntaxReference reference = attribute.ApplicationSyntaxReference!;
        return new SourcePlace(reference.SyntaxTree.FilePath, 1 + reference.SyntaxTree.GetLineSpan(reference.Span).StartLinePosition.Line);
    }

    // What the class has from a file is spelled out, as if it were written.
    private static string SourceOf(INamedTypeSymbol type, AttributeData attribute, ModelDescription? from)
    {
        IEnumerable<string> arguments =
        [
            .. attribute.ConstructorArguments.Where(static argument => argument.Kind != TypedConstantKind.Error).Select(Literal),
            .. attribute.NamedArguments.Where(static argument => argument.Value.Kind != TypedConstantKind.Error
                && !s_leftOut.Contains(argument.Key)).Select(static argument => $"{argument.Key} = {Literal(argument.Value)}"),
            .. from?.ToArguments(attribute.NamedArguments.Select(static argument => argument.Key)) ?? [],
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
