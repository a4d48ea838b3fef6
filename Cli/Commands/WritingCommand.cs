using System.CommandLine;

namespace Llamalith.Cli.Commands;

/// <summary>A verb that writes a large file: ended in the middle of it, it has something half-written to remove.</summary>
/// <param name="name">The verb.</param>
/// <param name="description">What it does.</param>
internal sealed class WritingCommand(string name, string description) : Command(name, description);
