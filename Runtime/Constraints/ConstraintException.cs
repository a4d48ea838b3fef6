using System;

namespace Llamalith.Constraints;

/// <summary>A schema, pattern or grammar cannot be honoured; the message says what of it, by name.</summary>
public sealed class ConstraintException : Exception
{
    /// <summary>Makes one without any details.</summary>
    public ConstraintException()
    {
    }

    /// <summary>Makes one from a message.</summary>
    public ConstraintException(string message)
        : base(message) => Reason = message;

    /// <summary>Makes one from a message and what led to it.</summary>
    public ConstraintException(string message, Exception inner)
        : base(message, inner) => Reason = message;

    internal ConstraintException(string reason, string message)
        : base(message) => Reason = reason;

    /// <summary>What cannot be honoured, in few words that are the same for all constraints with it.</summary>
    public string Reason { get; } = "";
}
