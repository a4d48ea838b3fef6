using System.Text.Json;

namespace Llamalith.AspNetCore;

/// <summary>How an API tells of errors.</summary>
internal interface IApiForm
{
    /// <summary>Whether its streams are lines of JSON rather than server-sent events.</summary>
    bool SendsLines { get; }

    /// <summary>What an error is called in its streams; null for nothing.</summary>
    string? ErrorEvent { get; }

    /// <summary>Writes the properties of an error's object.</summary>
    void WriteError(Utf8JsonWriter writer, ApiException error);
}
