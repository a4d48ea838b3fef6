using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Llamalith.Cli.Benchmarking;
using Spectre.Console;

namespace Llamalith.Tests.Benchmarking;

public class BenchReportTests
{
    private static readonly BenchReport Report = new(
        new BenchPlan { PromptTokens = 100, GeneratedTokens = 10, Depth = 7, Repetitions = 3 },
        new ModelWork { Model = "tiny", WeightBytes = 2_000_000_000, LayerMultiplies = 900_000_000, ClassifierMultiplies = 10_000_000_000,
            Quantized = true },
        [
            new BenchRun
            {
                Threads = 2,
                Engines =
                [
                    new EngineRun { Name = "llamalith", Detail = "avx512", PromptRates = [200, 220, 100], DecodeRates = [20, 22, 10],
                        LoadMilliseconds = 1234.5678, ResidentBytes = 4_000_000_000 },
                    new EngineRun { Name = "llama.cpp", Detail = "zen4", PromptRates = [100, 110, 50], DecodeRates = [],
                        LoadMilliseconds = 5, ResidentBytes = 8_000_000_000, IsFreshEachRound = true },
                ],
                Machine = new MachineRun { ReadGigabytes = [50, 55, 25], ReadMethod = "loads", ReadBytes = 1 << 30,
                    Gigamultiplies = [400, 440, 200], MultiplyMethod = "products" },
                Agreement = null,
            },
        ]);

    [Fact]
    public void Json_HasExactlyTheNamesThatScriptsRelyOn()
    {
        StringWriter text = new();
        BenchJson.Write(text, Report);
        using JsonDocument json = JsonDocument.Parse(text.ToString());
        Assert.Equal(2, json.RootElement.GetArrayLength());
        foreach (JsonElement element in json.RootElement.EnumerateArray())
        {
            Assert.Equal(
                ["engine", "model", "threads", "n_prompt", "n_gen", "depth", "prompt_tok_s", "decode_tok_s", "read_gb_s", "load_ms",
                    "rss_mb", "prompt_tok_s_best", "decode_tok_s_best"],
                element.EnumerateObject().Select(p => p.Name));
        }

        JsonElement first = json.RootElement[0];
        Assert.Equal("llamalith", first.GetProperty("engine").GetString());
        Assert.Equal("tiny", first.GetProperty("model").GetString());
        Assert.Equal(2, first.GetProperty("threads").GetInt32());
        Assert.Equal(100, first.GetProperty("n_prompt").GetInt32());
        Assert.Equal(10, first.GetProperty("n_gen").GetInt32());
        Assert.Equal(7, first.GetProperty("depth").GetInt32());
        Assert.Equal(200, first.GetProperty("prompt_tok_s").GetDouble());
        Assert.Equal(20, first.GetProperty("decode_tok_s").GetDouble());
        Assert.Equal(40, first.GetProperty("read_gb_s").GetDouble());
        Assert.Equal(1234.568, first.GetProperty("load_ms").GetDouble());
        Assert.Equal(4000, first.GetProperty("rss_mb").GetDouble());
        Assert.Equal(220, first.GetProperty("prompt_tok_s_best").GetDouble());
        Assert.Equal(22, first.GetProperty("decode_tok_s_best").GetDouble());
        Assert.Equal(JsonValueKind.Null, json.RootElement[1].GetProperty("decode_tok_s").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.RootElement[1].GetProperty("decode_tok_s_best").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.RootElement[1].GetProperty("read_gb_s").ValueKind);
    }

    [Fact]
    public void Shares_AreOfTheSameRound()
    {
        EngineRun engine = Report.Runs[0].Engines[0];

        // 20 tokens of 2 GB are 40 of 50 GB/s; 200 tokens of 1 G multiply-adds (with the classifier's share) are 200 of 400.
        Assert.Equal(0.8, engine.ShareOfRead(Report.Work, Report.Runs[0].Machine)!.Value, 12);
        Assert.Equal(0.5, engine.ShareOfMultiply(Report.Work, 100, Report.Runs[0].Machine)!.Value, 12);
    }

    [Fact]
    public void Rows_AreHeldToTheLesserOfDecodingAndPrompt()
    {
        EngineRun engine = Report.Runs[0].Engines[0] with { Rows = [new RowsRun(2, [36, 44, 19]), new RowsRun(16, [150, 198, 90])] };
        Assert.Equal(0.95, engine.Rows[0].ShareOf(engine)!.Value, 12);
        Assert.Equal(0.9, engine.Rows[1].ShareOf(engine)!.Value, 12);
        Assert.Null(engine.Rows[0].ShareOf(Report.Runs[0].Engines[1]));
        BenchReport report = Report with { Runs = [Report.Runs[0] with { Engines = [engine] }] };
        Assert.Contains(
            "2 threads: llamalith decodes 2 rows at once at 36.00 ±35% tok/s, 95% of the lesser of 2 x decode and prompt", report.Notes());
        Assert.Equal([(2, 36.0, 0.95), (16, 150.0, 0.9)],
            BenchJson.Records(report)[0].Rows!.Select(rows => (rows.Rows, rows.Rate, rows.Share!.Value)));
    }

    [Fact]
    public void PlainText_HasAlignedColumnsAndTheRatios()
    {
        StringWriter text = new();
        BenchTable.Write(text, Report);
        string[] lines = text.ToString().Split('\n');
        Assert.StartsWith("engine ", lines[0], StringComparison.Ordinal);
        Assert.Equal(lines[0].Length, lines[1].Length);
        Assert.Equal(lines[0].Length, lines[2].Length);
        Assert.StartsWith("llamalith", lines[1], StringComparison.Ordinal);
        Assert.Contains("200.0 ±30%", lines[1], StringComparison.Ordinal);
        Assert.Contains("2 threads: llamalith / llama.cpp = 2.00x prompt, 0.50x resident memory", lines);
        Assert.Contains("2 threads: llama.cpp at its best of 3 rounds, each a process of its own: 110.0 prompt tok/s (1.82x)", lines);
    }

    [Fact]
    public void PlainText_ShowsTheAgreement()
    {
        LogitsAgreement agreement = new();
        agreement.Add([1, 2, 4], [1, 2, 4]);
        StringWriter text = new();
        BenchTable.Write(text, Report with { Runs = [Report.Runs[0] with { Agreement = agreement }] });
        Assert.Contains(
            "same argmax at 1 of 1 positions, cosine at least 1.000000, largest difference 0 ", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Terminal_ShowsATableOfTheSameCells()
    {
        StringWriter text = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 160;
        BenchTable.Draw(console, Report);
        foreach (string cell in Report.Rows().SelectMany(r => r))
            Assert.Contains(cell, text.ToString(), StringComparison.Ordinal);
        Assert.Contains("│", text.ToString(), StringComparison.Ordinal);
    }
}
