using System.IO;
using System.Text.Json;
using System.Text.Json.Serialization;
using Llamalith.Tools;

namespace Llamalith.StoryTraining.Stages;

/// <summary>What a stage came to, as a JSON file.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Writes a report.</summary>
    public static void Save<T>(string path, T report)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(report, s_options);
        AtomicFile.Write(path, stream => stream.Write(json));
    }

    /// <summary>Reads a report.</summary>
    public static T Load<T>(string path) => File.Exists(path)
        ? JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), s_options)!
        : throw new StageException($"{path} is missing: the stage that makes it comes first.");
}
