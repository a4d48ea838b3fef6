using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Llamalith.Cli;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Tests.Benchmarking;

public class BenchRunnerTests
{
    private static readonly ModelWork Work = ModelWork.From(new ArithmeticModel(20, 4).Shape, "arithmetic");

    [Fact]
    public void Run_MeasuresEveryEngineInEveryRound()
    {
        BenchPlan plan = new() { PromptTokens = 6, GeneratedTokens = 3, Depth = 4, Repetitions = 3 };
        BenchRun run = new BenchRunner(plan, Work).Run(1, [Source("a", plan), Source("b", plan)], TestContext.Current.CancellationToken);
        Assert.Equal(["llamalith", "llamalith"], run.Engines.Select(e => e.Name));
        Assert.All(run.Engines, e =>
        {
            Assert.Equal(3, e.PromptRates.Length);
            Assert.Equal(3, e.DecodeRates.Length);
            Assert.All([.. e.PromptRates, .. e.DecodeRates], rate => Assert.True(rate > 0 && double.IsFinite(rate)));
        });
        Assert.Equal(3, run.Machine.ReadGigabytes.Length);
        Assert.All([.. run.Machine.ReadGigabytes, .. run.Machine.Gigamultiplies], rate => Assert.True(rate > 0 && double.IsFinite(rate)));
    }

    [Fact]
    public void Run_MeasuresBehindTheDepth()
    {
        BenchPlan plan = new() { PromptTokens = 6, GeneratedTokens = 3, Depth = 4, Repetitions = 1 };
        ArithmeticModel? model = null;
        new BenchRunner(plan, Work).Run(1, [Source("a", plan, m => model = m)], TestContext.Current.CancellationToken);
        Assert.NotNull(model);
        Assert.Equal("prefill 4 at 0", model.Calls[0]);
        Assert.Equal(
            ["decode at 4", "truncate 4", "prefill 6 at 4", "truncate 4", "decode at 4", "decode at 5", "decode at 6", "truncate 4"],
            model.Calls[^8..]);
        Assert.True(model.IsDisposed);
    }

    [Fact]
    public void Run_MeasuresRowsBehindTheDepth()
    {
        BenchPlan plan = new() { PromptTokens = 2, GeneratedTokens = 4, Rows = [2, 5], Depth = 3, Repetitions = 2 };
        ArithmeticModel? model = null;
        BenchRun run = new BenchRunner(plan, Work).Run(1, [Source("a", plan, m => model = m)], TestContext.Current.CancellationToken);
        Assert.Equal([2, 5], run.Engines[0].Rows.Select(rows => rows.Count));
        Assert.All(run.Engines[0].Rows, rows => Assert.Equal(2, rows.Rates.Length));
        Assert.NotNull(model);
        Assert.Equal(
            ["decode at 3", "decode at 4", "decode at 5", "decode at 6", "truncate 3", "decode at 3", "decode at 4", "decode at 5",
                "decode at 6", "decode at 7", "truncate 3"],
            model.Calls[^11..]);
    }

    [Fact]
    public void Run_LeavesOutRowsOfWhoDecodesOneByOne()
    {
        BenchPlan plan = new() { PromptTokens = 2, GeneratedTokens = 2, Rows = [2], Repetitions = 1 };
        EngineSource single =
            new("b", (p, threads) => new NamedEngine("b", LlamalithEngine.Load(() => new ArithmeticModel(20, p.Positions, threads))));
        BenchRun run = new BenchRunner(plan, Work).Run(1, [Source("a", plan), single], TestContext.Current.CancellationToken);
        Assert.Single(run.Engines[0].Rows);
        Assert.Empty(run.Engines[1].Rows);
    }

    [Fact]
    public void Run_AlternatesTheOrder()
    {
        BenchPlan plan = new() { PromptTokens = 1, GeneratedTokens = 0, Repetitions = 4 };
        List<string> turns = [];
        BenchRunner runner = new(plan, Work, words =>
        {
            if (words.Contains("round", StringComparison.Ordinal))
                turns.Add(words[..1]);
        });
        runner.Run(1, [Named("a"), Named("b")], TestContext.Current.CancellationToken);
        Assert.Equal(["a", "b", "b", "a", "a", "b", "b", "a"], turns);

        EngineSource Named(string name) =>
            new(name, (p, threads) => new NamedEngine(name, LlamalithEngine.Load(() => new ArithmeticModel(20, p.Positions, threads))));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    public void Run_LeavesOutWhatIsNotAskedFor(int prompt, int generated)
    {
        BenchPlan plan = new() { PromptTokens = prompt, GeneratedTokens = generated, Repetitions = 2 };
        EngineRun engine =
            Assert.Single(new BenchRunner(plan, Work).Run(1, [Source("a", plan)], TestContext.Current.CancellationToken).Engines);
        Assert.Equal(prompt == 0, engine.PromptRate is null);
        Assert.Equal(generated == 0, engine.DecodeRate is null);
        Assert.Equal(generated == 0, engine.ReadGigabytes(Work) is null);
    }

    [Fact]
    public void Run_ComparesLogitsOnTheSameTokens()
    {
        BenchPlan plan = new() { PromptTokens = 5, GeneratedTokens = 4, Depth = 3, Repetitions = 1 };
        LogitsAgreement? same = Compare(0);
        Assert.NotNull(same);
        Assert.Equal((5, 5, 0.0), (same.Positions, same.SameArgmax, same.LargestDifference));

        LogitsAgreement? biased = Compare(3);
        Assert.NotNull(biased);
        Assert.Equal(3, biased.LargestDifference, 4);
        Assert.True(biased.SameArgmax < 5);

        LogitsAgreement? Compare(float bias) =>
            new BenchRunner(plan, Work).Run(1, [Source("a", plan), Source("b", plan, bias: bias)], TestContext.Current.CancellationToken)
                .Agreement;
    }

    [Fact]
    public void Run_RefusesEnginesOfDifferentVocabularies()
    {
        BenchPlan plan = new() { PromptTokens = 2, GeneratedTokens = 2, Repetitions = 1 };
        ArithmeticModel? first = null;
        EngineSource other = new("other", (p, threads) => LlamalithEngine.Load(() => new ArithmeticModel(21, p.Positions, threads)));
        CliException error = Assert.Throws<CliException>(() =>
            new BenchRunner(plan, Work).Run(1, [Source("a", plan, m => first = m), other], TestContext.Current.CancellationToken));
        Assert.Contains("21", error.Message, StringComparison.Ordinal);
        Assert.Contains("20", error.Message, StringComparison.Ordinal);
        Assert.True(first?.IsDisposed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_EndsAtTheTokenAtWhichItIsInterrupted(bool isTimed)
    {
        BenchPlan plan = new() { PromptTokens = 2, GeneratedTokens = 50, Repetitions = 1 };
        using CancellationTokenSource interrupt = new();
        ArithmeticModel? model = null;
        bool rounds = false;
        EngineSource source = new("a", (p, threads) =>
            new NamedEngine("a", LlamalithEngine.Load(() => model = new ArithmeticModel(20, p.Positions, threads)), decoded: () =>
        {
            if (rounds == isTimed && model!.Position == 6)
                interrupt.Cancel();
        }));
        BenchRunner runner = new(plan, Work, words => rounds |= words.Contains("round", StringComparison.Ordinal));
        Assert.Throws<OperationCanceledException>(() => runner.Run(1, [source], interrupt.Token));
        Assert.NotNull(model);
        Assert.Equal("decode at 5", model.Calls[^1]);
        Assert.True(model.IsDisposed);
    }

    [Fact]
    public void Positions_AreEnoughForEveryStep()
    {
        foreach (BenchPlan plan in (BenchPlan[])[
            new() { PromptTokens = 0, GeneratedTokens = 1, Repetitions = 1 },
            new() { PromptTokens = 1, GeneratedTokens = 0, Repetitions = 1 },
            new() { PromptTokens = 3, GeneratedTokens = 40, Depth = 7, Repetitions = 1 },
            new() { PromptTokens = 40, GeneratedTokens = 3, Depth = 600, Repetitions = 1 }])
        {
            // The model throws where it has too few.
            new BenchRunner(plan, Work).Run(1, [Source("a", plan), Source("b", plan)], TestContext.Current.CancellationToken);
        }
    }

    private static EngineSource Source(string name, BenchPlan plan, Action<ArithmeticModel>? made = null, float bias = 0) =>
        new(name, (_, threads) =>
        LlamalithEngine.Load(() =>
        {
            ArithmeticModel model = new(20, plan.Positions, threads, bias);
            made?.Invoke(model);
            return model;
        }));

    private sealed class NamedEngine(string name, IBenchEngine inner, Action? decoded = null) : IBenchEngine
    {
        public string Name => name;

        public string Detail => inner.Detail;

        public int Threads => inner.Threads;

        public int VocabSize => inner.VocabSize;

        public int Position => inner.Position;

        public double LoadMilliseconds => inner.LoadMilliseconds;

        public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens) => inner.Prefill(tokens);

        public ReadOnlySpan<float> Decode(int token)
        {
            ReadOnlySpan<float> logits = inner.Decode(token);
            decoded?.Invoke();
            return logits;
        }

        public void Truncate(int count) => inner.Truncate(count);

        public void Rest() => inner.Rest();

        public void Dispose() => inner.Dispose();
    }
}
