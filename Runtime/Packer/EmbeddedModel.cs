using System.Collections.Generic;
using System.Globalization;
using Llamalith.Contracts;

namespace Llamalith.Packer;

/// <summary>A [LlamaModel] with EmbeddedWeights, as the sources say it.</summary>
/// <param name="Place">Where the attribute stands.</param>
/// <param name="FullName">The class's name with its namespace.</param>
/// <param name="File">The model file, relative to the project.</param>
/// <param name="Formats">The formats that engines are compiled for.</param>
/// <param name="RopeLayout">The order of the rows of heads.</param>
/// <param name="Hyperparameters">Those that are written, by property; an enum's as its number.</param>
/// <param name="Source">The class by itself, without what only its program needs.</param>
/// <param name="Arguments">Where the arguments stand, by property.</param>
/// <param name="Prompts">The prompts to prefill.</param>
internal sealed record EmbeddedModel(
    SourcePlace Place,
    string FullName,
    string File,
    IReadOnlySet<TensorType> Formats,
    RopeLayout RopeLayout,
    IReadOnlyDictionary<string, object> Hyperparameters,
    string Source,
    IReadOnlyDictionary<string, SourcePlace> Arguments,
    IReadOnlyList<EmbeddedPrompt> Prompts);

/// <summary>A [Prompt].</summary>
/// <param name="Place">Where the attribute stands.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Text">What it says.</param>
internal sealed record EmbeddedPrompt(SourcePlace Place, string Name, string Text);

/// <summary>A line of a source file, and where in it; 0 for all of it.</summary>
internal readonly record struct SourcePlace(string Path, int Line, int Column = 0)
{
    /// <summary>As builds write it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Path}({Line}{(Column > 0 ? $",{Column.ToString(CultureInfo.InvariantCulture)}" : "")})");
}
