using System.Text.Json;

namespace Llamalith.AspNetCore.Ollama;

/// <summary>Errors as Ollama's API has them.</summary>
internal sealed class OllamaForm : IApiForm
{
    public static OllamaForm Instance { get; } = new();

    public bool SendsLines => true;

    public string? ErrorEvent => null;

    public void WriteError(Utf8JsonWriter writer, ApiException error) => writer.WriteString("error", error.Message);
}
