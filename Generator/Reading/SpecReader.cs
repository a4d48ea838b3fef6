using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Generator.Reading;

/// <summary>Reads what a user wrote, from the symbol of an annotated class.</summary>
internal static class SpecReader
{
    /// <summary>
    /// The request that a class makes with its [LlamaModel]. Where the attribute stands on several parts of it, the compiler complains of
    /// that, and the first counts; at the others there is no request.
    /// </summary>
    public static ModelRequest? Read(GeneratorAttributeSyntaxContext found, CancellationToken cancellation)
    {
        INamedTypeSymbol type = (INamedTypeSymbol)found.TargetSymbol;
        AttributeData attribute = AttributeOf(type) ?? found.Attributes[0];
        return attribute.ApplicationSyntaxReference is { } place
            && place.SyntaxTree == found.TargetNode.SyntaxTree
            && found.TargetNode.Span.Contains(place.Span)
            ? Read(type, attribute, found.SemanticModel.Compilation, cancellation)
            : null;
    }

    /// <summary>The attribute that counts: the first.</summary>
    public static AttributeData? AttributeOf(INamedTypeSymbol type) =>
        type.GetAttributes().FirstOrDefault(static attribute => Is(attribute, KnownNames.ModelAttribute));

    /// <summary>The request of a class with such an attribute.</summary>
    public static ModelRequest Read(INamedTypeSymbol type, AttributeData attribute, Compilation compilation, CancellationToken cancellation)
    {
        return new ModelRequest
        {
            Namespace = Identifiers.Escape(type.ContainingNamespace),
            TypeName = Identifiers.Escape(type.Name),
            Flaws = FlawsOf(type, cancellation),
            Clashes = new EquatableArray<ClassClash>(
                ClashesOf(type, attribute, compilation, cancellation).Select(static found => found.Clash)),
            Unreadable = new EquatableArray<string>(UnreadableIn(attribute)),
            Preset = attribute.ConstructorArguments is [{ Kind: TypedConstantKind.Enum, Value: int preset }]
                ? (LlamaPreset)preset : LlamaPreset.None,
            Written = WrittenIn(attribute),
            Prompts = new EquatableArray<PromptRequest>(
                PromptsOf(type).Select(static prompt => new PromptRequest(TextOf(prompt, 0), TextOf(prompt, 1)))),
        };
    }

    /// <summary>The [Prompt] attributes of a class, in the order that <see cref="ModelRequest.Prompts"/> has.</summary>
    public static IEnumerable<AttributeData> PromptsOf(INamedTypeSymbol type) =>
        type.GetAttributes()
            .Where(static attribute => Is(attribute, KnownNames.PromptAttribute) && attribute.ConstructorArguments.Length == 2);

    /// <summary>What leaves no room for the engine's names, in the order that <see cref="ModelRequest.Clashes"/> has.</summary>
    public static IEnumerable<LocatedClash> ClashesOf(
        INamedTypeSymbol type, AttributeData attribute, Compilation compilation, CancellationToken cancellation)
    {
        WrittenValues written = WrittenIn(attribute);
        IReadOnlyList<EngineMember> members = EngineMembers.Of(
            training: written.Value<bool>("Training") ?? false,
            embedded: !string.IsNullOrEmpty(written.Text("EmbeddedWeights")),
            prompts: PromptsOf(type).Any());
        return ClassClashes.Find(type, members, compilation, cancellation);
    }

    private static bool Is(AttributeData attribute, string name) => attribute.AttributeClass?.ToDisplayString() == name;

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
            | If(declarations.Any(static declaration => declaration.ParameterList is not null) && !type.IsRecord,
                ClassFlaws.PrimaryConstructor)
            | If(type.GetAttributes().Any(IsExplicitLayout), ClassFlaws.ExplicitLayout)
            | If(type.IsComImport, ClassFlaws.ComImport);

        static bool IsExplicitLayout(AttributeData attribute) =>
            Is(attribute, typeof(StructLayoutAttribute).FullName!)
            && attribute.ConstructorArguments is [{ Value: (int)LayoutKind.Explicit or (short)LayoutKind.Explicit }];

        static ClassFlaws If(bool condition, ClassFlaws flaw) => condition ? flaw : ClassFlaws.None;
    }

    private static IEnumerable<string> UnreadableIn(AttributeData attribute) =>
        attribute.ConstructorArguments
            .Select(static argument => new KeyValuePair<string, TypedConstant>(nameof(ModelRequest.Preset), argument))
            .Concat(attribute.NamedArguments)
            .Where(static argument => argument.Value.Kind == TypedConstantKind.Error)
            .Select(static argument => argument.Key);

    private static WrittenValues WrittenIn(AttributeData attribute) =>
        new(attribute.NamedArguments.SelectMany(static argument => WrittenBy(argument.Key, argument.Value)));

    // One that doesn't compile counts as not written.
    private static IEnumerable<WrittenValue> WrittenBy(string property, TypedConstant constant) =>
        constant is { Kind: TypedConstantKind.Primitive or TypedConstantKind.Enum, Value: { } value }
            ? [new WrittenValue(property, value)] : [];
}
