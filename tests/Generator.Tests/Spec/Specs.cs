using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Spec;
using Mirror = Llamalith.Generator.Spec;

namespace Llamalith.Tests.Spec;

/// <summary>Specs for tests of pure rules.</summary>
internal static class Specs
{
    /// <summary>A build that nothing is wrong with.</summary>
    public static BuildOptions Build { get; } = new()
    {
        AllowsUnsafe = true,
        LanguageVersion = 1400,
        FrameworkVersion = 10,
        ReferencesRuntime = true,
        Targets = "",
        RuntimeIdentifier = "",
        AheadOfTime = null,
        BuildMachine = InstructionSet.Scalar | InstructionSet.Avx2,
    };

    /// <summary>A trained story-teller's shape: 5 layers, grouped-query attention, 260,032 parameters with tied embeddings.</summary>
    public static ModelSpec Small { get; } = Resolve(Request(
        Mirror.LlamaPreset.None, ("Dim", 64), ("FfnDim", 172), ("Layers", 5), ("Heads", 8), ("KvHeads", 4), ("VocabSize", 512),
        ("Context", 512)));

    /// <summary>A request; a property whose value is null is not written.</summary>
    public static ModelRequest Request(Mirror.LlamaPreset preset, params (string Property, object? Value)[] written) => new()
    {
        Namespace = "My",
        TypeName = "Model",
        Preset = preset,
        Written = new WrittenValues(
            written.Where(static one => one.Value is not null).Select(static one => new WrittenValue(one.Property, one.Value!))),
    };

    public static ModelSpec Of(LlamaPreset preset) => Resolve(Request((Mirror.LlamaPreset)(int)preset));

    public static ModelSpec Resolve(ModelRequest request) =>
        SpecRules.Resolve(request, Build) ?? throw new Xunit.Sdk.XunitException("The request is unsound.");
}
