using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Quantization;

namespace Llamalith.Tests.Models;

public sealed class RunningModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_StreamsWhatMemoryIsTooSmallFor()
    {
        List<string> notices = [];
        EngineBuilder engines = new(null, () => "test", notices.Add);
        ModelRequest request =
            new() { Path = TinyModels.WriteGguf(_folder["m.gguf"], QuantizationPreset.Q8_0), PackedFolder = _folder["packed"] };
        float[] expected = Logits(request);
        notices.Clear();

        // Packed once, then found again; the same logits to the bit.
        ModelRequest small = request with { AvailableMemory = 1000 };
        Assert.Equal(expected, Logits(small));
        string packed = Assert.Single(Directory.GetFiles(_folder["packed"]));
        Assert.Contains(
            notices, notice => notice.Contains($"1.0 kB of memory are there: they are read from {packed}", StringComparison.Ordinal));
        DateTime made = File.GetLastWriteTimeUtc(packed);
        Assert.Equal(expected, Logits(small));
        Assert.Equal(made, File.GetLastWriteTimeUtc(packed));

        // A packed file is streamed from where it is; without a folder to pack to there is a warning.
        notices.Clear();
        Assert.Equal(expected, Logits(small with { Path = packed }));
        Assert.Contains(notices, notice => notice.Contains($"read from {packed}", StringComparison.Ordinal));
        notices.Clear();
        Assert.Equal(expected, Logits(small with { PackedFolder = null }));
        Assert.Contains(notices, notice => notice.Contains("expect this to be slow", StringComparison.Ordinal));

        float[] Logits(ModelRequest asked)
        {
            using RunningModel running = RunningModel.Open(asked, engines, ProgressBars.None, CancellationToken.None);
            return running.Model.Prefill([1, 40, 50]).ToArray();
        }
    }

    [Fact]
    public void PackedFolder_KeepsTheLastFew()
    {
        PackedModels models = new(_folder["packed"]);
        for (int i = 0; i < PackedModels.MostEntries + 2; i++)
        {
            using Contracts.Checkpoint checkpoint = Contracts.Checkpoint.Open(TinyModels.WriteGguf(_folder[$"{i}.gguf"]));
            models.Open(checkpoint, 1, ProgressBars.None, CancellationToken.None).Dispose();
            Assert.True(File.Exists(models.PathOf(checkpoint.Path)));
        }

        Assert.Equal(PackedModels.MostEntries, Directory.GetFiles(_folder["packed"]).Length);
    }
}
