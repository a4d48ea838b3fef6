using System;

namespace Llamalith.Packer;

/// <summary>What the targets say about the build.</summary>
/// <param name="Project">The project's folder.</param>
/// <param name="Output">The folder of the results.</param>
/// <param name="Limit">Most bytes of a resource.</param>
/// <param name="Generator">The generator's assembly.</param>
/// <param name="Targets">The instruction sets that engines are emitted for, as the generator reads them; empty for all.</param>
/// <param name="Defines">The symbols that sources are compiled with, separated by semicolons.</param>
internal sealed record PackerOptions(string Project, string Output, long Limit, string Generator, string Targets, string Defines)
{
    /// <summary>How the targets narrow, through the environment, the instruction sets of this process: the bits of a prefilled cache depend on it.</summary>
    public static string Narrowing => $"{Environment.GetEnvironmentVariable("DOTNET_EnableAVX512")} {Environment.GetEnvironmentVariable("DOTNET_EnableAVXVNNI")}";
}
