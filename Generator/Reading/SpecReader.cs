using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Generator.Reading;

/// <summary>Reads what a user wrote, from the symbol of an annotated class.</summary>
internal static class SpecReader
{
    private static readonly SymbolDisplayFormat s_escaped = SymbolDisplayFormat.FullyQualifiedFormat
        .WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted);

    /// <summary>The request that a class makes with its [LlamaModel].</summary>
    public static ModelRequest Read(INamedTypeSymbol type, AttributeData attribute, CancellationToken cancellation)
    {
        return new ModelRequest
        {
            Namespace = type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString(s_escaped),
            TypeName = Escape(type.Name),
            Flaws = FlawsOf(type, cancellation),
            Preset = attribute.ConstructorArguments is [{ Kind: TypedConstantKind.Enum, Value: int preset }] ? (LlamaPreset)preset : LlamaPreset.None,
            Written = new WrittenValues(attribute.NamedArguments.SelectMany(static argument => WrittenBy(argument.Key, argument.Value))),
            Prompts = new EquatableArray<PromptRequest>(PromptsOf(type).Select(static prompt => new PromptRequest(TextOf(prompt, 0), TextOf(prompt, 1)))),
        };
    }

    /// <summary>The [Prompt] attributes of a class, in the order that <see cref="ModelRequest.Prompts"/> has.</summary>
    public static IEnumerable<AttributeData> PromptsOf(INamedTypeSymbol type) =>
        type.GetAttributes().Where(static attribute => attribute.AttributeClass?.ToDisplayString() == KnownNames.PromptAttribute && attribute.ConstructorArguments.Length == 2);

    private static string TextOf(AttributeData prompt, int argument) => prompt.ConstructorArguments[argument].Value as string ?? "";

    private static ClassFlaws FlawsOf(INamedTypeSymbol type, CancellationToken cancellation)
    {
        TypeDeclarationSyntax[] declarations =
            [.. type.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax(cancellation)).OfType<TypeDeclarationSyntax>()];
        return If(!declarations.Any(static declaration => declaration.Modifiers.Any(SyntaxKind.PartialKeyword)), ClassFlaws.NotPartial)
            | If(type.ContainingType is not null, ClassFlaws.Nested)
            | If(type.Arity > 0, ClassFlaws.Generic)
            | If(type.IsStatic, ClassFlaws.Static)
            | If(type.IsAbstract && !type.IsStatic, ClassFlaws.Abstract)
            | If(type.IsRecord, ClassFlaws.Record)
            | If(type.IsFileLocal, ClassFlaws.FileLocal)
            | If(declarations.Any(static declaration => declaration.ParameterList is not null) && !type.IsRecord, ClassFlaws.PrimaryConstructor);

        static ClassFlaws If(bool condition, ClassFlaws flaw) => condition ? flaw : ClassFlaws.None;
    }

    private static string Escape(string identifier) =>
        SyntaxFacts.GetKeywordKind(identifier) != SyntaxKind.None ? "@" + identifier : identifier;

    // One that doesn't compile counts as not written.
    private static IEnumerable<WrittenValue> WrittenBy(string property, TypedConstant constant) =>
        constant is { Kind: TypedConstantKind.Primitive or TypedConstantKind.Enum, Value: { } value } ? [new WrittenValue(property, value)] : [];
}
