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

    /// <summary>The MSBuild property LlamalithIsa: names of the only instruction sets wanted, comma-separated; empty for all.</summary>
    public required string IsaLimit { get; init; }

    /// <summary>Whether the build is for NativeAOT on x64 with the instruction set left at its baseline, which folds every vector kernel away.</summary>
    public required bool AotForgetsIsa { get; init; }
}
