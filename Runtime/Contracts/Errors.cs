using System;

namespace Llamalith.Contracts;

/// <summary>A file that is not what it claims to be: truncated, overlapping, absurd or of an unknown kind.</summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>A format error with no message of its own.</summary>
    public ModelFormatException()
    {
    }

    /// <summary>A format error; the message names the file's value and the value it should have had.</summary>
    public ModelFormatException(string message)
        : base(message)
    {
    }

    /// <summary>A format error caused by another error.</summary>
    public ModelFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>A sound file that holds another model than the class was compiled for; the message names both sides.</summary>
public sealed class ModelMismatchException : Exception
{
    /// <summary>A mismatch with no message of its own.</summary>
    public ModelMismatchException()
    {
    }

    /// <summary>A mismatch; the message names both sides.</summary>
    public ModelMismatchException(string message)
        : base(message)
    {
    }

    /// <summary>A mismatch caused by another error.</summary>
    public ModelMismatchException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>More tokens than the KV cache has positions for. The cache is left as it was before the call.</summary>
public sealed class ContextFullException : InvalidOperationException
{
    /// <summary>A full context with no message of its own.</summary>
    public ContextFullException()
    {
    }

    /// <summary>A full context; the message names the count, the tokens asked for and the capacity.</summary>
    public ContextFullException(string message)
        : base(message)
    {
    }

    /// <summary>A full context caused by another error.</summary>
    public ContextFullException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>
/// The memory that a model has for its conversations is taken (<see cref="LoadOptions.CacheMemory"/>). The conversation is left as it was
/// before the call; what others forget or give back makes room.
/// </summary>
public sealed class CacheFullException : InvalidOperationException
{
    /// <summary>Full memory with no message of its own.</summary>
    public CacheFullException()
    {
    }

    /// <summary>Full memory; the message names the budget and what is taken of it.</summary>
    public CacheFullException(string message)
        : base(message)
    {
    }

    /// <summary>Full memory caused by another error.</summary>
    public CacheFullException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
