using System.Text.Json;
using System.Threading.Tasks;

namespace Llamalith.AspNetCore.OpenAI;

/// <summary>/v1/models.</summary>
internal static class Models
{
    public static async Task ListAsync(ApiCall call)
    {
        ServedModel[] models = await call.Server.ModelsAsync(call.Cancellation).ConfigureAwait(false);
        await call.WriteAsync(writer =>
        {
            writer.WriteString("object", "list");
            writer.WriteStartArray("data");
            foreach (ServedModel model in models)
            {
                writer.WriteStartObject();
                Write(writer, model);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    public static async Task GetAsync(ApiCall call)
    {
        string? id = call.Context.Request.RouteValues["id"] as string;
        ServedModel model = await call.Server.ModelAsync(id, call.Cancellation).ConfigureAwait(false);
        await call.WriteAsync(writer => Write(writer, model)).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter writer, ServedModel model)
    {
        writer.WriteString("id", model.Id);
        writer.WriteString("object", "model");
        writer.WriteNumber("created", model.Created.ToUnixTimeSeconds());
        writer.WriteString("owned_by", "llamalith");
    }
}
