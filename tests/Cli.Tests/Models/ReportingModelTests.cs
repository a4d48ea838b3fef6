using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Cli.Models;
using Llamalith.Contracts;
using Llamalith.Tests.Benchmarking;

namespace Llamalith.Tests.Models;

public sealed class ReportingModelTests : IDisposable
{
    private readonly ArithmeticModel _inner = new(vocabSize: 50, context: 1000);

    public void Dispose() => _inner.Dispose();

    [Fact]
    public void Prefill_GoesInPiecesToTheSameLogits()
    {
        int[] tokens = [.. Enumerable.Range(0, 600).Select(i => i % 50)];
        ArithmeticModel whole = new(vocabSize: 50, context: 1000);
        float[] expected = whole.Prefill(tokens, TestContext.Current.CancellationToken).ToArray();
        Recorder progress = new();
        using ReportingModel model = new(_inner) { Progress = progress };
        Assert.Equal(expected, model.Prefill(tokens, TestContext.Current.CancellationToken).ToArray());
        Assert.Equal(tokens, _inner.Cache);
        Assert.Equal(["prefill 256 at 0", "prefill 256 at 256", "prefill 88 at 512"], _inner.Calls);
        Assert.Equal([0, 256 / 600.0, 512 / 600.0], progress.Values);
    }

    [Fact]
    public void Prefill_BeginsNothingThatCannotBeFinished()
    {
        using ReportingModel model = new(_inner);
        _ = model.Prefill([1, 2, 3], TestContext.Current.CancellationToken);
        Assert.Throws<ContextFullException>(() => model.Prefill(new int[998], TestContext.Current.CancellationToken).Length);
        Assert.Equal(3, model.Position);
    }

    [Fact]
    public void Model_PassesTheRestThrough()
    {
        using ReportingModel model = new(_inner);
        _ = model.Prefill([1, 2, 3], TestContext.Current.CancellationToken);
        float[] logits = model.Decode(4).ToArray();
        model.Truncate(3);
        Assert.Equal(logits, model.Decode(4).ToArray());
        Assert.Equal((4, "scalar", 1, 50), (model.Position, model.InstructionSet, model.Threads, model.Shape.VocabSize));
        model.Dispose();
        Assert.False(_inner.IsDisposed);
    }

    private sealed class Recorder : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }
}
