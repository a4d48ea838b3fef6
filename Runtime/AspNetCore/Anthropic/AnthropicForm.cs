using System.Text.Json;

namespace Llamalith.AspNetCore.Anthropic;

/// <summary>Errors as Anthropic's API has them.</summary>
internal sealed class AnthropicForm : IApiForm
{
    public static AnthropicForm Instance { get; } = new();

    public bool SendsLines => false;

    public string? ErrorEvent => "error";

    public void WriteError(Utf8JsonWriter writer, ApiException error)
    {
        writer.WriteString("type", "error");
        writer.WriteStartObject("error");
        writer.WriteString("type", error.Status switch
        {
            401 => "authentication_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            504 => "timeout_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        });
        writer.WriteString("message", error.Message);
        writer.WriteEndObject();
    }
}
