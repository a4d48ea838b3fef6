using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Spec;

/// <summary>The few facts about the compilation that decide whether, and for which machines, an engine can be emitted.</summary>
internal sealed record BuildOptions
{
    /// <summary>Whether unsafe code compiles (AllowUnsafeBlocks).</summary>
    public required bool AllowsUnsafe { get; init; }

    /// <summary>The C# version in force times 100, as in 1400.</summary>
    public required int LanguageVersion { get; init; }

    /// <summary>The major version of the framework compiled against, as in 10; 0 when it cannot be told.</summary>
    public required int FrameworkVersion { get; init; }

    /// <summary>Whether Llamalith.Runtime is referenced.</summary>
    public required bool ReferencesRuntime { get; init; }

    /// <summary>The MSBuild property LlamalithTargets: names of the only instruction sets wanted, comma-separated; empty for all.</summary>
    public required string Targets { get; init; }

    /// <summary>The MSBuild property RuntimeIdentifier, such as linux-x64; empty for any machine.</summary>
    public required string RuntimeIdentifier { get; init; }

    /// <summary>
    /// The MSBuild property IlcInstructionSet where the build is for NativeAOT on x64, which decides there; null where something else does.
    /// </summary>
    public required string? AheadOfTime { get; init; }

    /// <summary>What the machine that builds can run.</summary>
    public required InstructionSet BuildMachine { get; init; }

    /// <summary>Whether the one machine that the engine is for has AVX-VNNI; null where there is no such machine.</summary>
    public bool? AvxVnni { get; init; }
}
