using System;

namespace Llamalith.AspNetCore;

/// <summary>What a client is told instead of an answer, whichever API it speaks.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">What is wrong, naming both sides.</param>
/// <param name="field">The field that is wrong, such as "messages[0].role"; null for none.</param>
/// <param name="code">A word for programs, such as "model_not_found"; null for none.</param>
internal sealed class ApiException(int status, string message, string? field = null, string? code = null) : Exception(message)
{
    public int Status { get; } = status;

    public string? Field { get; } = field;

    public string? Code { get; } = code;

    /// <summary>After how many seconds it is worth asking again; null where it is not.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>A field that makes no sense or cannot be honoured.</summary>
    public static ApiException BadField(string field, string message) => new(400, message, field);
}
