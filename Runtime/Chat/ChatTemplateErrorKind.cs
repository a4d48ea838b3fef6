namespace Llamalith.Chat;

/// <summary>Why a chat template gave no text.</summary>
public enum ChatTemplateErrorKind
{
    /// <summary>Something else: what the sandbox forbids, a filter or test that there is none of.</summary>
    Other,

    /// <summary>The template itself refused the conversation (`raise_exception`).</summary>
    Raised,

    /// <summary>It uses something that is not there.</summary>
    Undefined,

    /// <summary>It is no Jinja.</summary>
    Syntax,

    /// <summary>An operation on a value of the wrong type (Python's TypeError).</summary>
    Type,

    /// <summary>Another error of Python's own, such as a division by zero or too deep a recursion.</summary>
    Python,

    /// <summary>It asks for more steps, memory or depth than it may have.</summary>
    Limit,
}
