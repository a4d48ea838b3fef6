using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Llamalith.Tools;
using Llamalith.Tuner;

namespace Llamalith.Cli.Benchmarking.Measurements;

/// <summary>A benchmark's results with what they are worth nothing without: the machine, the day, the build and the command.</summary>
internal sealed record Measurement
{
    /// <summary>The processor, as the system names it.</summary>
    [JsonPropertyName("processor")]
    public required string Processor { get; init; }

    /// <summary>Processors that the system has.</summary>
    [JsonPropertyName("processors")]
    public required int Processors { get; init; }

    /// <summary>The day, in UTC.</summary>
    [JsonPropertyName("date")]
    public required DateOnly Date { get; init; }

    /// <summary>The tool's version, with the commit that it was built from behind a plus sign.</summary>
    [JsonPropertyName("version")]
    public required string Version { get; init; }

    /// <summary>The command line.</summary>
    [JsonPropertyName("command")]
    public required string Command { get; init; }

    /// <summary>What the machine itself can do, for each number of threads.</summary>
    [JsonPropertyName("machine")]
    public required IReadOnlyList<MachineRecord> Machine { get; init; }

    /// <summary>What the rows do not show.</summary>
    [JsonPropertyName("notes")]
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>One object for each number of threads and engine.</summary>
    [JsonPropertyName("results")]
    public required IReadOnlyList<BenchRecord> Results { get; init; }

    /// <summary>A finished benchmark on this machine, today.</summary>
    /// <param name="report">The benchmark.</param>
    /// <param name="command">The command line.</param>
    public static Measurement Of(BenchReport report, string command)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new Measurement
        {
            Processor = ProcessorName.Current,
            Processors = Environment.ProcessorCount,
            Date = DateOnly.FromDateTime(DateTime.UtcNow),
            Version = typeof(Measurement).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            Command = command,
            Machine =
            [
                .. report.Runs.Select(run => new MachineRecord
                {
                    Threads = run.Threads,
                    ReadGigabytes = Math.Round(Statistics.Median(run.Machine.ReadGigabytes), 3),
                    Gigamultiplies = Math.Round(Statistics.Median(run.Machine.Gigamultiplies), 3),
                }),
            ],
            Notes = [.. report.Notes()],
            Results = BenchJson.Records(report),
        };
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="CliException">The file is none.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Measurement Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(Texts.TextFile.Read(path), MeasurementJson.Default.Measurement)
                is { Results.Count: > 0 } measurement
                ? measurement
                : throw new CliException($"{path} holds no results.");
        }
        catch (JsonException e)
        {
            throw new CliException($"{path} is no measurement as `llamalith bench --save` writes it: {e.Message}", e);
        }
    }

    /// <summary>Writes it to a file, which appears when it is whole.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        using (Utf8JsonWriter writer =
            new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            JsonSerializer.Serialize(writer, this, MeasurementJson.Default.Measurement);
        stream.Write("\n"u8);
    });
}

/// <summary>What a machine can do.</summary>
internal sealed record MachineRecord
{
    [JsonPropertyName("threads")]
    public required int Threads { get; init; }

    /// <summary>10^9 bytes that it reads in a second.</summary>
    [JsonPropertyName("read_gb_s")]
    public required double ReadGigabytes { get; init; }

    /// <summary>10^9 multiply-adds that it does in a second; null where they were not noted.</summary>
    [JsonPropertyName("multiply_g_s")]
    public required double? Gigamultiplies { get; init; }
}

/// <summary>The JSON of measurements, which docs/measurements keeps.</summary>
[JsonSerializable(typeof(Measurement))]
internal sealed partial class MeasurementJson : JsonSerializerContext;
