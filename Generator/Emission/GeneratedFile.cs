namespace Llamalith.Generator.Emission;

/// <summary>One generated source file.</summary>
/// <param name="HintName">Its name, in the folder of its model: My.Tiny/Model.g.cs.</param>
/// <param name="Source">Its text, with LF line ends.</param>
internal readonly record struct GeneratedFile(string HintName, string Source);
