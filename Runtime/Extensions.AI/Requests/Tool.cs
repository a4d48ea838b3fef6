using System.Text.Json;
using Llamalith.Constraints;

namespace Llamalith.Extensions.AI.Requests;

/// <summary>A tool that may be called.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Schema">What its arguments must be.</param>
internal sealed record Tool(string Name, string Description, JsonElement Schema)
{
    /// <summary>Its arguments as they may be written; null until the request is known to fit.</summary>
    public Constraint? Arguments { get; set; }
}
