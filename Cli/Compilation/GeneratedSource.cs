namespace Llamalith.Cli.Compilation;

/// <summary>One file that the generator made.</summary>
/// <param name="Path">Its folder and name, as in My.Tiny/Model.g.cs.</param>
/// <param name="Text">The C#.</param>
internal sealed record GeneratedSource(string Path, string Text);
