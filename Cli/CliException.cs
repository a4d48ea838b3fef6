using System;

namespace Llamalith.Cli;

/// <summary>What the user can act on: its message is the one line that the tool prints before it ends with code 1.</summary>
internal sealed class CliException : Exception
{
    public CliException()
    {
    }

    public CliException(string message)
        : base(message)
    {
    }

    public CliException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
