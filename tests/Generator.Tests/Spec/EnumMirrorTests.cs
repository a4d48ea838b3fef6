using System;
using System.Linq;
using System.Reflection;
using Llamalith.Contracts;
using Llamalith.Generator.Reading;
using Llamalith.Generator.Spec;

namespace Llamalith.Tests.Spec;

/// <summary>The generator knows the attribute assembly by name only; here both are at hand.</summary>
public sealed class EnumMirrorTests
{
    private static readonly Type[] s_attributeEnums =
        [.. typeof(LlamaModelAttribute).Assembly.GetExportedTypes().Where(static type => type.IsEnum)];

    public static TheoryData<string> Names => [.. s_attributeEnums.Select(static type => type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Enum_HasTheSameMembersInTheGenerator(string name)
    {
        Type mirror = typeof(ModelSpec).Assembly.GetType("Llamalith.Generator.Spec." + name, throwOnError: true)!;
        Assert.Equal(MembersOf(s_attributeEnums.Single(type => type.Name == name)), MembersOf(mirror));
    }

    [Fact]
    public void Attribute_HasAPropertyForEachOfARequest()
    {
        string[] attribute = [.. typeof(LlamaModelAttribute).GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Select(static property => $"{property.Name}: {property.PropertyType.Name}").Order(StringComparer.Ordinal)];
        string[] request = [.. typeof(ModelRequest).GetProperties()
            .Where(static property => property.Name is not ("Namespace" or "TypeName" or "Flaws" or "Prompts"))
            .Select(static property => $"{property.Name}: {(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType).Name}")
            .Order(StringComparer.Ordinal)];
        Assert.Equal(attribute, request);
    }

    [Fact]
    public void KnownNames_AreTypesThatExist()
    {
        Assert.Equal(KnownNames.ModelAttribute, typeof(LlamaModelAttribute).FullName);
        Assert.Equal(KnownNames.PromptAttribute, typeof(PromptAttribute).FullName);
        Assert.Equal(KnownNames.ModelInterface, typeof(ILlamaModel<>).FullName);
        Assert.NotNull(typeof(LlamaModelAttribute).GetProperty(KnownNames.Preset));
    }

    private static string[] MembersOf(Type type) =>
        [.. Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), null)}")];
}
