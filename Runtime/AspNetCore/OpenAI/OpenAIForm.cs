using System.Text.Json;

namespace Llamalith.AspNetCore.OpenAI;

/// <summary>Errors as OpenAI's API has them.</summary>
internal sealed class OpenAIForm : IApiForm
{
    public static OpenAIForm Instance { get; } = new();

    public bool SendsLines => false;

    public string? ErrorEvent => null;

    public void WriteError(Utf8JsonWriter writer, ApiException error)
    {
        writer.WriteStartObject("error");
        writer.WriteString("message", error.Message);
        writer.WriteString("type", error.Status switch
        {
            401 => "authentication_error",
            429 => "rate_limit_error",
            503 => "unavailable_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        });
        writer.WriteString("param", error.Field);
        writer.WriteString("code", error.Code);
        writer.WriteEndObject();
    }
}
