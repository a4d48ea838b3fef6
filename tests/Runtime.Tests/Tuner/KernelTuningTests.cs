using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Tuner;

namespace Llamalith.Tests.Tuner;

/// <summary>What an engine's products run after a load: told, kept, measured or the first of each list.</summary>
public sealed class KernelTuningTests : IDisposable
{
    private static readonly ProductKernel s_first = new(ProductKind.MatVec, TensorType.Q4_0, "wide", 8192, 4096, 0);
    private static readonly ProductKernel s_other = new(ProductKind.MatVec, TensorType.Q4_0, "narrow", 4096, 512, 0);
    private static readonly ModelShape s_shape = new()
    {
        Dim = 256, FfnDim = 256, Layers = 3, Heads = 4, KvHeads = 4, HeadDim = 64, VocabSize = 64, Context = 64, TiedEmbeddings = true,
    };

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "llamalith-" + Guid.NewGuid().ToString("N"));

    private KeptKernels Kept => new(_folder);

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Never_RunsTheFirstThatTheMachineHas()
    {
        Engine engine = new();
        Choose(engine, new LoadOptions { Tune = Tuning.Never });
        Assert.Equal((2, 8192, 4096, 1, 64), engine.Chosen);
        Assert.Empty(engine.Runs);
        Assert.False(Directory.Exists(_folder));
    }

    [Fact]
    public void Automatic_LeavesSmallModelsAlone()
    {
        Engine engine = new();
        Choose(engine, new LoadOptions());
        Assert.Equal((2, 8192, 4096, 1, 64), engine.Chosen);
        Assert.Empty(engine.Runs);
    }

    [Fact]
    public void Told_IsTakenWithoutAMeasurement()
    {
        Engine engine = new();
        Choose(engine, new LoadOptions { Tune = Tuning.Always, Kernels = new([s_other]) });
        Assert.Equal((3, 4096, 512, 1, 64), engine.Chosen);
        Assert.Empty(engine.Runs);
    }

    /// <summary>A list of another machine, or of another version: what is not known here is passed over.</summary>
    [Theory]
    [InlineData("absent", 8192, 4096)]
    [InlineData("unheard-of", 8192, 4096)]
    [InlineData("narrow", 64, 64)]
    public void Told_WhatIsNotThereIsPassedOver(string kernel, int far, int near)
    {
        Engine engine = new();
        ProductKernel tokens = new(ProductKind.MatMul, TensorType.Q4_0, "wide", 0, 0, 32);
        Choose(engine, new LoadOptions { Kernels =
            new([s_first with { Kernel = kernel, Far = far, Near = near }, s_first with { Format = TensorType.Q6_K }, tokens]) });
        Assert.Equal((2, 8192, 4096, 1, 32), engine.Chosen);
    }

    [Fact]
    public void Always_TakesWhatIsFastest_AndKeepsIt()
    {
        Engine engine = new() { Slowness = choice => choice.MatVec == 2 ? 3 : choice.Far == 4096 ? 1 : 2 };
        Measurements measured = new();
        Choose(engine, new LoadOptions { Tune = Tuning.Always, Measured = measured });
        Assert.Equal((3, 4096, 512, 1, 64), engine.Chosen);

        // What the machine lacks, and plain C# beside vectors, is not so much as run.
        Assert.Equal([2, 3], engine.Runs.Where(run => run.Tokens == 1).Select(run => run.Choice.MatVec).Distinct().Order());
        Assert.Equal(s_first, measured.All[0].Kernel);
        Assert.Equal(
            s_other, measured.All.Single(candidate => candidate.IsChosen && candidate.Kernel.Product == ProductKind.MatVec).Kernel);
        Assert.All(measured.All, candidate => Assert.True(candidate.BytesPerSecond > 0 && candidate.MultiplyAddsPerSecond > 0));
        Assert.Single(Directory.GetFiles(_folder));
    }

    /// <summary>Every panel is multiplied, by one thread each, and no other.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Always_MultipliesPanelsThatAreThere(int threads)
    {
        Engine engine = new(threads);
        Choose(engine, new LoadOptions { Tune = Tuning.Always });
        Assert.All(engine.Runs,
            run => Assert.True(run.Begin >= 0 && run.End <= Engine.Panels && run.Tokens is 1 or 48 && run.Layer is >= 0 and < 3));
        Assert.Equal([0, 1, 2], engine.Runs.Select(run => run.Layer).Distinct().Order());
        Assert.All(engine.Runs, run => Assert.Equal(1, run.Matrix));
    }

    [Fact]
    public void Kept_IsTakenWithoutAMeasurement()
    {
        Engine engine = new() { IsLarge = true, Slowness = choice => choice.MatVec == 3 ? 1 : 3 };
        Choose(engine, new LoadOptions { Tune = Tuning.Always });
        Assert.Equal(3, engine.Chosen.MatVec);

        Engine again = new() { IsLarge = true };
        Choose(again, new LoadOptions());
        Assert.Equal(engine.Chosen, again.Chosen);
        Assert.Empty(again.Runs);

        // Of other threads nothing is known.
        Engine threads = new(2) { IsLarge = true };
        Choose(threads, new LoadOptions());
        Assert.NotEmpty(threads.Runs);
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void Automatic_DoesNotWaitForADisk()
    {
        Engine engine = new() { IsLarge = true, IsMapped = true };
        Choose(engine, new LoadOptions());
        Assert.Equal((2, 8192, 4096, 1, 64), engine.Chosen);
        Assert.Empty(engine.Runs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("llamalith kernels 1\n")]
    [InlineData("llamalith kernels 1\n# of something else\nMatVec Q4_0 narrow 4096 512\n")]
    [InlineData("{KEY}MatVec Q4_0 narrow 4096\n")]
    [InlineData("{KEY}MatVec Q4_0 narrow 99 98\n")]
    [InlineData("{KEY}MatVec Q4_0 absent 8192 4096\n")]
    [InlineData("{KEY}MatMul Q4_0 wide 0\n")]
    [InlineData("{KEY}MatVec Q4_0 narrow 4096 512\n{LONG}")]
    public void Kept_WhatIsAlteredIsAsGoodAsNone(string text)
    {
        Engine engine = new() { IsLarge = true, IsMapped = true };
        string key;
        using (WorkerTeam team = engine.StartTeam())
            key = new EngineTuner(engine, team, s_shape.Layers, engine.Table).Key(s_shape);
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Kept.PathOf(key), text
            .Replace("{KEY}", $"llamalith kernels 1\n# {key}\n", StringComparison.Ordinal)
            .Replace("{LONG}", new string('\n', 1 << 17), StringComparison.Ordinal));
        Choose(engine, new LoadOptions());
        Assert.Equal((2, 8192, 4096, 1, 64), engine.Chosen);

        // The same, as it was kept.
        Kept.Write(key, new KernelChoices([s_other]));
        Choose(engine, new LoadOptions());
        Assert.Equal((3, 4096, 512, 1, 64), engine.Chosen);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Kept_NowhereIsNoError()
    {
        File.WriteAllText(_folder, "a file, where the folder should be");
        try
        {
            foreach (string nowhere in (string[])[_folder, ""])
            {
                Engine engine = new();
                Choose(engine, new LoadOptions { Tune = Tuning.Always, KernelFolder = nowhere });
                Assert.NotEmpty(engine.Runs);
            }
        }
        finally
        {
            File.Delete(_folder);
        }
    }

    /// <summary>Processes that measure at once leave a file that is whole.</summary>
    [Fact]
    public async Task Kept_IsWholeAtAnyTime()
    {
        const string Key = "a machine";
        Kept.Write(Key, new KernelChoices([s_other]));
        using CancellationTokenSource stop = new();
        Task[] writers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                Kept.Write(Key, new KernelChoices([s_other]));
        }))];
        for (int i = 0; i < 500; i++)
            Assert.Equal([s_other], Kept.TryRead(Key)?.Kernels);
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        Assert.Single(Directory.GetFiles(_folder));
    }

    private void Choose(Engine engine, LoadOptions options)
    {
        using WorkerTeam team = engine.StartTeam();
        KernelTuning.Choose(engine, team, options with { KernelFolder = options.KernelFolder ?? _folder }, s_shape, engine.Table);
    }

    private sealed class Measurements : IProgress<KernelMeasurement>
    {
        public List<KernelMeasurement> All { get; } = [];

        public void Report(KernelMeasurement value) => All.Add(value);
    }

    private readonly record struct Run(int Layer, int Matrix, int Tokens, int Begin, int End, KernelChoice Choice);

    /// <summary>Matrices without weights, whose products say that they were run, and take as long as a test wants.</summary>
    private sealed unsafe class Engine(int threads = 1) : ITunable
    {
        public const int Panels = 40;

        private readonly Lock _lock = new();
        private KernelTable? _table;

        public bool IsLarge { get; init; }

        public bool IsMapped { get; init; }

        public Func<KernelChoice, int> Slowness { get; init; } = _ => 0;

        public List<Run> Runs { get; } = [];

        public KernelTable Table => _table ??= new KernelTable([TensorType.F32, TensorType.Q4_0, TensorType.Q6_K]) { IsMapped = IsMapped };

        public (int MatVec, int Far, int Near, int MatMul, int TokenBlock) Chosen
        {
            get
            {
                KernelChoice* choice = Table[TensorType.Q4_0];
                return (choice->MatVec, (int)choice->Far, (int)choice->Near, choice->MatMul, choice->TokenBlock);
            }
        }

        public WorkerTeam StartTeam() => new(threads);

        public KernelVariants Variants => new()
        {
            Kernels =
            [
                new(ProductKind.MatVec, TensorType.Q4_0, 1, "absent", 16, true, false),
                new(ProductKind.MatVec, TensorType.Q4_0, 2, "wide", 8, true, true),
                new(ProductKind.MatVec, TensorType.Q4_0, 3, "narrow", 4, true, true),
                new(ProductKind.MatVec, TensorType.Q4_0, 4, "plain", 1, false, true),
                new(ProductKind.MatMul, TensorType.Q4_0, 1, "wide", 8, true, true),
                new(ProductKind.MatVec, TensorType.Q6_K, 1, "wide", 8, true, true),
            ],
            ReadAheads = [new(8192, 4096), new(4096, 512), new(0, 0)],
            TokenBlocks = [64, 32],
            Matrices = [new("Small", Panels / 4, 256, 48), new("Large", LargePanels, 256, 48), new("Classifier", 2, 256, 16)],
        };

        public PackedMatrix MatrixOf(int layer, int matrix) =>
            new() { Type = matrix == 2 ? TensorType.F32 : TensorType.Q4_0, Choice = Table[TensorType.Q4_0] };

        public void MultiplyOn(int rank, int layer, int matrix, int tokens, (int Begin, int End) panels)
        {
            KernelChoice choice = *Table[TensorType.Q4_0];
            lock (_lock)
                Runs.Add(new Run(layer, matrix, tokens, panels.Begin, panels.End, choice));
            if (tokens == 1)
                Thread.Sleep(Slowness(choice));
        }

        // So many that their weights, if there were any, would be worth a measurement.
        private int LargePanels => IsLarge ? 40_000 : Panels;
    }
}
