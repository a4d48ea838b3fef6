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
        Arguments arguments = new(attribute);
        return new ModelRequest
        {
            Namespace = type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString(s_escaped),
            TypeName = Escape(type.Name),
            Flaws = FlawsOf(type, cancellation),
            Preset = (LlamaPreset)(arguments.Value<int>(KnownNames.Preset) ?? 0),
            Dim = arguments.Value<int>("Dim"),
            FfnDim = arguments.Value<int>("FfnDim"),
            Layers = arguments.Value<int>("Layers"),
            Heads = arguments.Value<int>("Heads"),
            KvHeads = arguments.Value<int>("KvHeads"),
            HeadDim = arguments.Value<int>("HeadDim"),
            VocabSize = arguments.Value<int>("VocabSize"),
            Context = arguments.Value<int>("Context"),
            NormEps = arguments.Value<double>("NormEps"),
            RopeTheta = arguments.Value<double>("RopeTheta"),
            RopeLayout = (RopeLayout?)arguments.Value<int>("RopeLayout"),
            RopeScaling = (RopeScaling?)arguments.Value<int>("RopeScaling"),
            RopeScalingFactor = arguments.Value<double>("RopeScalingFactor"),
            RopeScalingLowFrequencyFactor = arguments.Value<double>("RopeScalingLowFrequencyFactor"),
            RopeScalingHighFrequencyFactor = arguments.Value<double>("RopeScalingHighFrequencyFactor"),
            RopeScalingOriginalContext = arguments.Value<int>("RopeScalingOriginalContext"),
            TiedEmbeddings = arguments.Value<bool>("TiedEmbeddings"),
            SlidingWindow = arguments.Value<int>("SlidingWindow"),
            QkvBias = arguments.Value<bool>("QkvBias"),
            Weights = (WeightFormat?)arguments.Value<int>("Weights"),
            KvCache = (KvFormat?)arguments.Value<int>("KvCache"),
            Training = arguments.Value<bool>("Training"),
            Isa = (Spec.Isa?)arguments.Value<int>("Isa"),
            EmbeddedWeights = arguments.Text("EmbeddedWeights"),
            MaxMemory = arguments.Value<long>("MaxMemory"),
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

    /// <summary>The constants written in an attribute, by property name. One that doesn't compile counts as not written.</summary>
    private sealed class Arguments
    {
        private readonly Dictionary<string, object?> _values = [];

        public Arguments(AttributeData attribute)
        {
            if (attribute.ConstructorArguments is [{ Kind: not TypedConstantKind.Error } preset])
                _values[KnownNames.Preset] = preset.Value;
            foreach (KeyValuePair<string, TypedConstant> argument in attribute.NamedArguments)
            {
                if (argument.Value.Kind != TypedConstantKind.Error)
                    _values[argument.Key] = argument.Value.Value;
            }
        }

        public T? Value<T>(string property)
            where T : struct
            => _values.TryGetValue(property, out object? value) && value is T typed ? typed : null;

        public string? Text(string property) => _values.TryGetValue(property, out object? value) ? value as string : null;
    }
}
