using System.Collections.Generic;
using System.Linq;
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

    /// <summary>The model file that the sizes come from; null for none.</summary>
    public string? From => Written.Text(nameof(From)) is { Length: > 0 } path ? path : null;

    /// <summary>What was read of that file; null where nothing was.</summary>
    public DescribedFile? File { get; init; }

    /// <summary>What is written, what the file says of the rest, and the preset of what is left.</summary>
    public WrittenValues Values =>
        (File is { } file ? Written.Over(FileValues.Of(file)) : Written).Over(Presets.Of(Preset));

    /// <summary>The same with what was read of its file, which is among those.</summary>
    public ModelRequest With(IEnumerable<DescribedFile> files) =>
        From is { } from && files.FirstOrDefault(file => !file.IsSeen && file.Is(from)) is { } found ? this with { File = found } : this;

    /// <summary>The instruction sets asked for.</summary>
    public InstructionSet Isa => (InstructionSet)(Values.Value<int>(nameof(Isa)) ?? (int)InstructionSet.All);

    /// <summary>The model file that is to be built into the program; null for none.</summary>
    public string? EmbeddedWeights => Values.Text(nameof(EmbeddedWeights)) is { Length: > 0 } path ? path : null;

    /// <summary>What the class's [Prompt] attributes say.</summary>
    public EquatableArray<PromptRequest> Prompts { get; init; }
}
