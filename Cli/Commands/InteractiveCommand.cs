using System.CommandLine;

namespace Llamalith.Cli.Commands;

/// <summary>A verb that hears Ctrl+C itself: it does not end there.</summary>
/// <param name="name">The verb.</param>
/// <param name="description">What it does.</param>
internal sealed class InteractiveCommand(string name, string description) : Command(name, description);
