namespace Llamalith.Generator.Emission;

/// <summary>One emitted file.</summary>
/// <param name="HintName">As in My.Tiny/Model.g.cs.</param>
/// <param name="Source">Its text.</param>
internal readonly record struct GeneratedFile(string HintName, string Source);
