using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Tests.Commands;

public sealed class TuneCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>In a process of its own, whose cache folder is the tests'.</summary>
    [Fact]
    public async Task Tune_ShowsEachCandidate_AndWritesWhatWasChosen()
    {
        string model = TinyModels.WriteGguf(_folder["m.gguf"], QuantizationPreset.Q4_0), kernels = _folder["kernels.txt"];
        (int code, string output, string error) = await ToolProcess.RunAsync([], "tune", model, "-t", "1", "-o", kernels);
        Assert.True(code == 0, error);
        string[] lines = output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("product  weights  kernel", lines[0], StringComparison.Ordinal);
        KernelChoices chosen = KernelChoices.Load(kernels);
        Assert.NotEmpty(chosen.Kernels);
        Assert.Equal(
            chosen.Kernels.Select(static kernel => $"{kernel.Product} {kernel.Format} {kernel.Kernel}"),
            lines.Where(static line => line.EndsWith("chosen", StringComparison.Ordinal))
                .Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(3))));
        Assert.Contains("threads=1", error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.Combine(CommandLine.Cache, "llamalith", "kernels")));
    }

    [Fact]
    public async Task Tune_SaysWhereThereIsNothingToChoose()
    {
        string model = TinyModels.WriteGguf(_folder["m.gguf"]);
        (int code, string output, string error) = await ToolProcess.RunAsync([], "tune", model);
        Assert.True(code == 0, error);
        Assert.Contains("nothing to choose", output, StringComparison.Ordinal);
    }
}
