using System;

namespace Llamalith.KernelChecks;

/// <summary>An engine did not do what a check expects; the message has the numbers.</summary>
public sealed class CheckFailedException : Exception
{
    public CheckFailedException()
    {
    }

    public CheckFailedException(string message)
        : base(message)
    {
    }

    public CheckFailedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
