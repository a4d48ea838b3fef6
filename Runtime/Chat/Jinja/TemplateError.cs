using System;

namespace Llamalith.Chat.Jinja;

/// <summary>Why a template cannot go on; the door to the room makes a <see cref="ChatTemplateException"/> of it.</summary>
internal sealed class TemplateError : Exception
{
    public TemplateError()
        : this(ChatTemplateErrorKind.Other, "")
    {
    }

    public TemplateError(string message)
        : this(ChatTemplateErrorKind.Other, message)
    {
    }

    public TemplateError(string message, Exception inner)
        : base(message, inner)
    {
    }

    public TemplateError(ChatTemplateErrorKind kind, string message)
        : base(message) => Kind = kind;

    public ChatTemplateErrorKind Kind { get; }

    /// <summary>Of the template; 0 where the run knows it.</summary>
    public int Line { get; init; }

    public static TemplateError Type(string message) => new(ChatTemplateErrorKind.Type, message);

    public static TemplateError Value(string message) => new(ChatTemplateErrorKind.Python, message);

    public static TemplateError Syntax(string message, int line) => new(ChatTemplateErrorKind.Syntax, message) { Line = line };

    public static TemplateError TooDeep() => new(ChatTemplateErrorKind.Python, "maximum recursion depth exceeded");
}
