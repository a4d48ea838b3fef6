using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Reading;
using Llamalith.Generator.Spec;

namespace Llamalith.Tests.Spec;

/// <summary>The generator knows the attribute assembly by name only; here both are at hand.</summary>
public sealed class EnumMirrorTests
{
    // The room of Isa is called like the attribute's enum.
    private static readonly Type[] s_mirrors =
        [.. typeof(ModelSpec).Assembly.GetTypes().Where(static type =>
            type.IsEnum && type.Namespace is "Llamalith.Generator.Spec" or "Llamalith.Generator.Quant" or "Llamalith.Generator.Isa")];

    private static readonly Type[] s_attributeEnums =
        [.. typeof(LlamaModelAttribute).Assembly.GetExportedTypes().Where(static type => type.IsEnum)];

    public static TheoryData<string> Names => [.. s_attributeEnums.Select(static type => type.Name)];

    /// <summary>Those that a user can set; of From the sizes reach the spec, as FromFileTests show.</summary>
    public static TheoryData<string> Properties =>
        [.. typeof(LlamaModelAttribute).GetProperties()
            .Where(static property => property.CanWrite && property.Name != nameof(LlamaModelAttribute.From))
            .Select(static property => property.Name)];

    // A value of each type that is no property's default.
    private static readonly Dictionary<Type, object> s_samples = new()
    {
        [typeof(int)] = 1234,
        [typeof(long)] = 1234L,
        [typeof(double)] = 0.5,
        [typeof(bool)] = true,
        [typeof(string)] = "model.gguf",
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Enum_HasTheSameMembersInTheGenerator(string name)
    {
        Type mirror = s_mirrors.Single(type => type.Name == (name == "Isa" ? nameof(InstructionSet) : name));
        Assert.Equal(MembersOf(s_attributeEnums.Single(type => type.Name == name)), MembersOf(mirror));
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void Property_OfTheAttribute_ReachesTheSpec(string property)
    {
        Type type = typeof(LlamaModelAttribute).GetProperty(property)!.PropertyType;
        object value = type.IsEnum ? 2 : s_samples[type];
        Assert.NotEqual(Complete(Specs.Request(default)), Complete(Specs.Request(default, (property, value))));

        static ModelSpec Complete(ModelRequest request) => ModelSpec.Of(request, Specs.Build);
    }

    [Fact]
    public void Hyperparameters_AreThoseOfTheRunTimesShape()
    {
        string[] shape =
            [.. typeof(ModelShape).GetProperties().Where(static property => property.CanWrite).Select(static property => property.Name)];
        Assert.Equal(shape.Order(StringComparer.Ordinal),
            Specs.Small.Hyperparameters.Select(static property => property.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Defaults_AreThoseOfTheRunTimesShape()
    {
        ModelSpec spec = Specs.Resolve(Specs.Request(default, ("Dim", 64), ("FfnDim", 96), ("Layers", 2), ("Heads", 4), ("VocabSize", 9)));
        ModelShape shape = new()
        {
            Dim = 64, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 0, HeadDim = 0, VocabSize = 9, Context = 0, TiedEmbeddings = true,
        };
        Assert.All(spec.Hyperparameters, property =>
        {
            object? usual = ShapeProperties.All.Single(other => other.Name == property.Name).DefaultIn(shape);
            Assert.Equal(property.IsRequired ? "" : $"{property.Value}", $"{usual}");
        });
    }

    [Fact]
    public void KnownNames_AreTypesThatExist()
    {
        Assert.Equal(KnownNames.ModelAttribute, typeof(LlamaModelAttribute).FullName);
        Assert.Equal(KnownNames.Attributes, typeof(LlamaModelAttribute).Assembly.GetName().Name);
        Assert.Equal(KnownNames.Runtime, typeof(ILlamaModel<>).Assembly.GetName().Name);
        Assert.Equal(KnownNames.PromptAttribute, typeof(PromptAttribute).FullName);
        Assert.Equal(KnownNames.ModelInterface, typeof(ILlamaModel<>).FullName);
    }

    private static string[] MembersOf(Type type) =>
        [.. Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), null)}")];
}
