using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Spec;

/// <summary>
/// What the user wrote, and nothing else. Value-equal and free of symbols and positions, so that editing anything but the attribute or the
/// class's head gives an equal request.
/// </summary>
internal sealed record ModelRequest
{
    /// <summary>The namespace of the class; empty for the global one.</summary>
    public required string Namespace { get; init; }

    /// <summary>The class's own name.</summary>
    public required string TypeName { get; init; }

    public ClassFlaws Flaws { get; init; }

    /// <summary>Names of the user's that leave no room for the engine's.</summary>
    public EquatableArray<ClassClash> Clashes { get; init; }

    /// <summary>Properties whose values are no constants yet, such as those that are generated themselves.</summary>
    public EquatableArray<string> Unreadable { get; init; }

    public LlamaPreset Preset { get; init; }

    /// <summary>What is written beside the attribute's properties.</summary>
    public WrittenValues Written { get; init; }

    /// <summary>What is written, and what the preset says of the rest.</summary>
    public WrittenValues Values => Written.Over(Presets.Of(Preset));

    /// <summary>The instruction sets asked for.</summary>
    public InstructionSet Isa => (InstructionSet)(Values.Value<int>(nameof(Isa)) ?? (int)InstructionSet.All);

    /// <summary>The model file that is to be built into the program; null for none.</summary>
    public string? EmbeddedWeights => Values.Text(nameof(EmbeddedWeights)) is { Length: > 0 } path ? path : null;

    /// <summary>What the class's [Prompt] attributes say.</summary>
    public EquatableArray<PromptRequest> Prompts { get; init; }
}
