using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Llamalith.Cli.Benchmarking;

/// <summary>One object of the JSON output, whose names scripts rely on.</summary>
internal sealed record BenchRecord
{
    [JsonPropertyName("engine")]
    public required string Engine { get; init; }

    [JsonPropertyName("model")]
    public required string Model { get; init; }

    [JsonPropertyName("threads")]
    public required int Threads { get; init; }

    [JsonPropertyName("n_prompt")]
    public required int PromptTokens { get; init; }

    [JsonPropertyName("n_gen")]
    public required int GeneratedTokens { get; init; }

    [JsonPropertyName("depth")]
    public required int Depth { get; init; }

    /// <summary>Median; null where no prompt was measured.</summary>
    [JsonPropertyName("prompt_tok_s")]
    public required double? PromptRate { get; init; }

    /// <summary>Median; null where no decoding was measured.</summary>
    [JsonPropertyName("decode_tok_s")]
    public required double? DecodeRate { get; init; }

    /// <summary>Gigabytes of weights per second that decoding reads.</summary>
    [JsonPropertyName("read_gb_s")]
    public required double? ReadGigabytes { get; init; }

    [JsonPropertyName("load_ms")]
    public required double? LoadMilliseconds { get; init; }

    /// <summary>Resident memory in units of 10^6 bytes.</summary>
    [JsonPropertyName("rss_mb")]
    public required double? ResidentMegabytes { get; init; }

    /// <summary>The best round's; null where no prompt was measured.</summary>
    [JsonPropertyName("prompt_tok_s_best")]
    public required double? BestPromptRate { get; init; }

    /// <summary>The best round's; null where no decoding was measured.</summary>
    [JsonPropertyName("decode_tok_s_best")]
    public required double? BestDecodeRate { get; init; }

    /// <summary>Several tokens decoded at once; not there where none were asked for.</summary>
    [JsonPropertyName("rows")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public List<RowsRecord>? Rows { get; init; }
}

/// <summary>So many tokens decoded at once.</summary>
internal sealed record RowsRecord
{
    [JsonPropertyName("rows")]
    public required int Rows { get; init; }

    /// <summary>Median.</summary>
    [JsonPropertyName("tok_s")]
    public required double Rate { get; init; }

    /// <summary>Of the lesser of as many times decode and of prompt; null where either was not measured.</summary>
    [JsonPropertyName("share")]
    public required double? Share { get; init; }
}

/// <summary>The JSON output: an array, one object an engine and number of threads.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(List<BenchRecord>))]
internal sealed partial class BenchJson : JsonSerializerContext
{
    /// <summary>The array, and a line end.</summary>
    public static void Write(TextWriter output, BenchReport report)
    {
        output.WriteLine(JsonSerializer.Serialize(Records(report), Default.ListBenchRecord));
    }

    /// <summary>The objects.</summary>
    public static List<BenchRecord> Records(BenchReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return [.. report.Runs.SelectMany(run => run.Engines.Select(engine => new BenchRecord
        {
            Engine = engine.Name,
            Model = report.Work.Model,
            Threads = run.Threads,
            PromptTokens = report.Plan.PromptTokens,
            GeneratedTokens = report.Plan.GeneratedTokens,
            Depth = report.Plan.Depth,
            PromptRate = Rounded(engine.PromptRate),
            DecodeRate = Rounded(engine.DecodeRate),
            ReadGigabytes = Rounded(engine.ReadGigabytes(report.Work)),
            LoadMilliseconds = Rounded(engine.LoadMilliseconds),
            ResidentMegabytes = Rounded(engine.ResidentBytes / 1e6),
            BestPromptRate = Rounded(engine.BestPromptRate),
            BestDecodeRate = Rounded(engine.BestDecodeRate),
            Rows = engine.Rows.Count == 0 ? null : [.. engine.Rows.Select(rows => new RowsRecord
            {
                Rows = rows.Count,
                Rate = Math.Round(rows.Rate, 3),
                Share = Rounded(rows.ShareOf(engine)),
            })],
        }))];

        static double? Rounded(double? value) => value is double some ? Math.Round(some, 3) : null;
    }
}
