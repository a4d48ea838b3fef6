using System;

namespace Llamalith.Tests.Hostile;

/// <summary>
/// A legal project for which the compiler complained of generated source, or for which nothing explains why there is none.
/// </summary>
internal sealed class BrokenPromiseException : Exception
{
    public BrokenPromiseException(string message)
        : base(message)
    {
    }

    public BrokenPromiseException()
    {
    }

    public BrokenPromiseException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
