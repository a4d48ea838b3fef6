using System;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Llamalith.Packer;

/// <summary>What the targets say about the build.</summary>
/// <param name="Project">The project's folder.</param>
/// <param name="Output">The folder of the results.</param>
/// <param name="Limit">Most bytes that all resources of the assembly have together.</param>
/// <param name="OtherResources">Bytes of those that the project embeds itself.</param>
/// <param name="Generator">The generator's assembly.</param>
/// <param name="Targets">The instruction sets that engines are emitted for, as the generator reads them; empty for all.</param>
/// <param name="Defines">The symbols that sources are compiled with, separated by semicolons.</param>
internal sealed record PackerOptions(string Project, string Output, long Limit, long OtherResources, string Generator, string Targets, string Defines)
{
    /// <summary>How the targets narrow, through the environment, the instruction sets of this process: the bits of a prefilled cache depend on it.</summary>
    public static string Narrowing => $"{Environment.GetEnvironmentVariable("DOTNET_EnableAVX512")} {Environment.GetEnvironmentVariable("DOTNET_EnableAVXVNNI")}";

    /// <summary>Reads them.</summary>
    /// <exception cref="InvalidDataException">One is missing or no number.</exception>
    public static PackerOptions From(PackerArguments arguments) => new(
        arguments.One("project"),
        arguments.One("output"),
        long.TryParse(arguments.One("limit"), NumberStyles.None, CultureInfo.InvariantCulture, out long limit)
            ? limit
            : throw new InvalidDataException($"LlamalithResourceLimit = {arguments.One("limit")}, but it must be a number of bytes."),
        arguments.All("resource").Select(static path => new FileInfo(path)).Sum(static file => file.Exists ? file.Length : 0),
        arguments.One("generator"),
        arguments.One("targets"),
        arguments.One("defines"));
}
