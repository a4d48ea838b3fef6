using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>Who may call what when, on an engine whose passes say what they were asked for and can be held up.</summary>
public sealed class ModelEngineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Prefill_IsCutIntoChunks_AndOnlyTheLastMakesLogits(int threads)
    {
        using HeldEngine engine = new(threads);
        engine.Passes.Clear();
        engine.Prefill([1, 2, 3, 4, 5, 6, 7, 8, 9], CancellationToken.None);
        Assert.Equal(["prefill 0+4", "prefill 4+4", "decode 8 logits"], engine.Passes);
        Assert.Equal([9, 6, 7, 8], engine.Embedded);
        Assert.Equal(9, engine.Position);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Prefill_ShowsWantedLogits_AFewAtATime(int threads)
    {
        using HeldEngine engine = new(threads);
        Odd reader = new();
        engine.Prefill([10, 11, 12, 13, 14, 15], reader, CancellationToken.None);
        Assert.Equal([(1, 11f), (3, 13f), (5, 15f)], reader.Seen.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void DecodeRows_AreCutIntoPasses_OfDecodeAlone(int threads)
    {
        using HeldEngine engine = new(threads);
        engine.Passes.Clear();
        Odd reader = new();
        engine.DecodeRows([10, 11, 12, 13, 14, 15, 16], reader, CancellationToken.None);
        Assert.Equal(["rows 0+3", "row logits 1", "rows 3+3", "row logits 2", "decode 6"], engine.Passes);
        Assert.Equal([(1, 11f), (3, 13f), (5, 15f)], reader.Seen.Order());
        Assert.Equal(7, engine.Position);
        engine.Passes.Clear();
        engine.Prefill([1, 2], CancellationToken.None);
        Assert.Equal(["prefill 7+2 logits"], engine.Passes);
    }

    [Fact]
    public void DecodeRows_ThatAreRefused_ChangeNothing()
    {
        using HeldEngine engine = new(1);
        engine.Prefill([1, 2], CancellationToken.None);
        Odd reader = new();
        Assert.Throws<ArgumentNullException>(() => engine.DecodeRows([1], null!, CancellationToken.None));
        Assert.Throws<ArgumentException>(() => engine.DecodeRows([], reader, CancellationToken.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.DecodeRows([1, 20], reader, CancellationToken.None));
        Assert.Throws<ContextFullException>(() => engine.DecodeRows(new int[31], reader, CancellationToken.None));
        Assert.Throws<OperationCanceledException>(() => engine.DecodeRows([1, 2], reader, new CancellationToken(canceled: true)));
        Assert.Throws<TimeoutException>(() => engine.DecodeRows([1, 2, 3, 4], new Failing(), CancellationToken.None));
        Assert.Equal(2, engine.Position);
        engine.Passes.Clear();
        engine.Prefill([1, 2, 3], CancellationToken.None);
        Assert.Equal(["prefill 2+3 logits"], engine.Passes);
    }

    [Fact]
    public void Refusals_ChangeNothing()
    {
        using HeldEngine engine = new(1);
        engine.Prefill([1, 2], CancellationToken.None);
        Assert.Throws<ArgumentOutOfRangeException>(() => { engine.Decode(20); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { engine.Decode(-1); });
        Assert.Throws<ArgumentException>(() => { engine.Prefill([], CancellationToken.None); });
        Assert.Throws<ContextFullException>(() => { engine.Prefill(new int[31], CancellationToken.None); });
        Assert.Throws<OperationCanceledException>(() => { engine.Prefill([1, 2, 3, 4, 5], new CancellationToken(canceled: true)); });
        Assert.Throws<TimeoutException>(() => engine.Prefill([1, 2, 3], new Failing(), CancellationToken.None));
        Assert.Equal(2, engine.Position);
        engine.Decode(3);
        Assert.Equal(3, engine.Position);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Dispose_WaitsForThePassUnderWay(int threads)
    {
        for (int round = 0; round < 100; round++)
        {
            HeldEngine engine = new(threads);
            engine.Hold();
            Task<int> decoding = Task.Run(() => { engine.Decode(1); return engine.Position; }, TestContext.Current.CancellationToken);
            engine.AwaitPass();
            Task disposal = Task.Run(engine.Dispose, TestContext.Current.CancellationToken);
            Assert.Throws<InvalidOperationException>(() => { engine.Decode(2); });
            Assert.False(engine.IsFreed);
            engine.Release();
            Assert.Equal(1, await decoding);
            await disposal;
            Assert.True(engine.IsFreed);
            ObjectDisposedException refusal = Assert.Throws<ObjectDisposedException>(() => { engine.Decode(1); });
            Assert.Equal("Test.Engine", refusal.ObjectName);
            engine.Dispose();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Dispose_ByAReader_IsRefused(int threads)
    {
        using HeldEngine engine = new(threads);
        Assert.Throws<InvalidOperationException>(() => engine.Prefill([1, 2, 3], new Disposing(engine), CancellationToken.None));
        Assert.Throws<InvalidOperationException>(() => engine.Prefill([1, 2, 3], new DisposingEarly(engine), CancellationToken.None));
        Assert.False(engine.IsFreed);
        Assert.Equal(0, engine.Position);
        engine.Decode(1);
    }

    [Fact]
    public async Task Truncate_DuringAPass_IsRefused()
    {
        using HeldEngine engine = new(1);
        engine.Prefill([1, 2, 3], CancellationToken.None);
        engine.Hold();
        Task decoding = Task.Run(() => { engine.Decode(1); }, TestContext.Current.CancellationToken);
        engine.AwaitPass();
        Assert.Throws<InvalidOperationException>(() => engine.Truncate(0));
        engine.Release();
        await decoding;
        Assert.Equal(4, engine.Position);
    }

    [Fact]
    public void Machine_WithoutAnInstructionSetOfTheClass_IsNamed()
    {
        PlatformNotSupportedException refusal = Assert.Throws<PlatformNotSupportedException>(() => new HeldEngine(1, instructionSet: null));
        Assert.Equal("Test.Engine was compiled for avx512, and this machine has none of them.", refusal.Message);
    }

    private sealed class Odd : ILogitsReader
    {
        public List<(int Token, float Logit)> Seen { get; } = [];

        public bool Wants(int token) => token % 2 == 1;

        public void Read(int token, ReadOnlySpan<float> logits)
        {
            lock (Seen)
                Seen.Add((token, logits[0]));
        }
    }

    private sealed class Failing : ILogitsReader
    {
        public void Read(int token, ReadOnlySpan<float> logits) => throw new TimeoutException();
    }

    private sealed class Disposing(ModelEngine engine) : ILogitsReader
    {
        public void Read(int token, ReadOnlySpan<float> logits) => engine.Dispose();
    }

    private sealed class DisposingEarly(ModelEngine engine) : ILogitsReader
    {
        public bool Wants(int token)
        {
            engine.Dispose();
            return false;
        }

        public void Read(int token, ReadOnlySpan<float> logits)
        {
        }
    }
}
