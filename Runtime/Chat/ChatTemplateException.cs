using System;

namespace Llamalith.Chat;

/// <summary>A chat template gave no text; the message says why and in which line.</summary>
public sealed class ChatTemplateException : Exception
{
    /// <summary>Makes one without any details.</summary>
    public ChatTemplateException()
    {
    }

    /// <summary>Makes one from a message.</summary>
    public ChatTemplateException(string message)
        : base(message) => Reason = message;

    /// <summary>Makes one from a message and what led to it.</summary>
    public ChatTemplateException(string message, Exception inner)
        : base(message, inner) => Reason = message;

    internal ChatTemplateException(ChatTemplateErrorKind kind, string reason, int line, Exception inner)
        : base($"chat template, line {line}: {reason}", inner)
    {
        Kind = kind;
        Reason = reason;
        Line = line;
    }

    /// <summary>What kind of error it is.</summary>
    public ChatTemplateErrorKind Kind { get; }

    /// <summary>
    /// The error alone, in Jinja's and Python's own words where they have some; what the template says where it refused by itself.
    /// </summary>
    public string Reason { get; } = "";

    /// <summary>The line of the template, from 1; 0 where it is not known.</summary>
    public int Line { get; }
}
