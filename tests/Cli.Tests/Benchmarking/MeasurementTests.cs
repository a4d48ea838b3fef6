using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using System.Xml.Linq;
using Llamalith.Cli.Benchmarking.Measurements;
using Llamalith.Tuner;

namespace Llamalith.Tests.Benchmarking;

/// <summary>What `bench --save` keeps, what `chart` draws of it, and that the documents show what was kept.</summary>
public sealed class MeasurementTests : IDisposable
{
    private static readonly string s_root = Root();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bench_SavesWhatChartDraws()
    {
        string model = TinyModels.WriteGguf(_folder["tiny model.gguf"]);
        string before = await CommandLine.SucceedAsync(
            "bench", model, "-p", "16", "-n", "4", "-r", "1", "-t", "1,2", "-o", "json", "--save", _folder["m.json"]);
        Measurement saved = Measurement.Read(_folder["m.json"]);
        Assert.Equal(DateOnly.FromDateTime(DateTime.UtcNow), saved.Date);
        Assert.Equal("llamalith bench \"tiny model.gguf\" -p 16 -n 4 -r 1 -t 1,2 -o json --save " + _folder["m.json"], saved.Command);
        Assert.Equal((ProcessorName.Current, Environment.ProcessorCount), (saved.Processor, saved.Processors));
        Assert.Equal([1, 2], saved.Machine.Select(machine => machine.Threads));
        using JsonDocument printed = JsonDocument.Parse(before),
            kept = JsonDocument.Parse(await File.ReadAllTextAsync(_folder["m.json"], TestContext.Current.CancellationToken));
        Assert.True(JsonElement.DeepEquals(printed.RootElement, kept.RootElement.GetProperty("results")));

        await CommandLine.SucceedAsync("chart", _folder["m.json"], "-o", _folder["m.svg"]);
        string[] texts = [.. XDocument.Load(_folder["m.svg"]).Descendants().Where(element => element.Name.LocalName == "text")
            .Select(element => element.Value)];
        Assert.Contains("tiny model", texts);
        Assert.Contains("prompt of 16, tokens/s", texts);
        Assert.Contains(texts,
            text => text.StartsWith("2 threads, ", StringComparison.Ordinal) && text.Contains(saved.Processor, StringComparison.Ordinal));
        Assert.Equal("None of the measurements was made with 7 threads.",
            await CommandLine.FailAsync("chart", _folder["m.json"], "-o", _folder["m.svg"], "-t", "7"));
    }

    [Fact]
    public async Task Chart_SaysWhatIsNoMeasurement()
    {
        await File.WriteAllTextAsync(_folder["m.json"], "{}", TestContext.Current.CancellationToken);
        Assert.StartsWith($"{_folder["m.json"]} is no measurement as `llamalith bench --save` writes it: ",
            await CommandLine.FailAsync("chart", _folder["m.json"], "-o", _folder["m.svg"]), StringComparison.Ordinal);
        Assert.Contains(
            _folder["none"], await CommandLine.FailAsync("chart", _folder["none"], "-o", _folder["m.svg"]), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["m.svg"]));
    }

    [Fact]
    public void Speed_IsDrawnFromWhatWasMeasured() =>
        Assert.Equal(File.ReadAllText(Path.Combine(s_root, "docs", "speed.svg")),
            SpeedChart.Draw([Measurement.Read(Path.Combine(s_root, "docs", "measurements", "tinyllama-emerald-rapids.json"))]));

    /// <summary>Every figure that is kept stands in docs/PERFORMANCE.md, with its processor.</summary>
    [Fact]
    public void Documents_ShowWhatWasMeasured()
    {
        string text = File.ReadAllText(Path.Combine(s_root, "docs", "PERFORMANCE.md")),
            readme = File.ReadAllText(Path.Combine(s_root, "README.md"));
        string[] files = Directory.GetFiles(Path.Combine(s_root, "docs", "measurements"), "*.json");
        Assert.NotEmpty(files);
        foreach (Measurement measurement in files.Select(Measurement.Read))
        {
            Assert.Contains(measurement.Processor, text, StringComparison.Ordinal);
            foreach (double rate in measurement.Results.SelectMany(record => (double?[])[record.PromptRate, record.DecodeRate])
                .OfType<double>())
            {
                Assert.Contains(rate.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
            }
        }

        Assert.Contains(Measurement.Read(Path.Combine(s_root, "docs", "measurements", "tinyllama-emerald-rapids.json")).Processor, readme,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ProcessorName_IsTheFirstOnes()
    {
        Assert.Equal("AMD EPYC (family 26, model 2)", ProcessorName.Parse(
            ["processor\t: 0", "cpu family\t: 26", "model\t\t: 2", "model name\t: AMD EPYC", "", "model name\t: Other"]));
        Assert.Equal("Neoverse: N1", ProcessorName.Parse(["model name : Neoverse: N1"]));
        Assert.Null(ProcessorName.Parse(["processor : 0", ""]));
        Assert.NotEmpty(ProcessorName.Current);
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Compiler.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not lie in the repository.");
    }
}
