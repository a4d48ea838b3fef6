namespace Llamalith.Generator.Reading;

/// <summary>Names of what the generator knows only by name. A reflection test keeps them true.</summary>
internal static class KnownNames
{
    public const string ModelAttribute = "Llamalith.LlamaModelAttribute";

    public const string PromptAttribute = "Llamalith.PromptAttribute";

    /// <summary>The assembly of the attributes.</summary>
    public const string Attributes = "Llamalith.Attributes";

    /// <summary>The assembly that engines stand on.</summary>
    public const string Runtime = "Llamalith.Runtime";

    /// <summary>A type that every compilation referencing Llamalith.Runtime has.</summary>
    public const string ModelInterface = "Llamalith.Contracts.ILlamaModel`1";

    /// <summary>
    /// The MSBuild property LlamalithTargets, which narrows the instruction sets of all models of a project, with commas for semicolons.
    /// </summary>
    public const string TargetsProperty = "build_property._LlamalithTargets";

    /// <summary>Set by hosts that compile for one machine, true or false: whether it has AVX-VNNI. No project sets it.</summary>
    public const string AvxVnniProperty = "build_property.LlamalithAvxVnni";

    public const string PublishAotProperty = "build_property.PublishAot";
    public const string IlcInstructionSetProperty = "build_property.IlcInstructionSet";
    public const string RuntimeIdentifierProperty = "build_property.RuntimeIdentifier";
    public const string SdkRuntimeIdentifierProperty = "build_property.NETCoreSdkRuntimeIdentifier";
}
