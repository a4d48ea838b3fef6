using System;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>Who may call what of a trainer when.</summary>
public sealed class TrainingEngineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Dispose_ByWhoeverSeesLogits_IsRefused(int threads)
    {
        using Engine engine = new(threads);
        for (int round = 0; round < 100; round++)
        {
            engine.Forward([1, 2, 3, 4], [4]);
            Assert.Throws<InvalidOperationException>(() => engine.ReadLogits(new Viewer(seen: engine.Dispose)));
            Assert.Throws<InvalidOperationException>(() => engine.ReadLogits(new Viewer(asked: engine.Dispose)));
            Assert.Throws<InvalidOperationException>(() => engine.Backward(new Viewer(seen: engine.Dispose), []));
            engine.Forward([1, 2, 3, 4], [4]);
            Assert.Throws<InvalidOperationException>(() => engine.Backward(new Viewer(asked: engine.Dispose), []));
            Assert.False(engine.IsFreed);
        }

        engine.Forward([1], [1]);
        engine.Backward(new Viewer(), []);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Dispose_ByWhatAnotherEngineRunsWithin_IsRefused(int threads)
    {
        using Engine outer = new(threads), inner = new(threads);
        outer.Forward([1], [1]);
        for (int round = 0; round < 100; round++)
        {
            inner.Forward([1], [1]);
            Viewer within = new(seen: outer.Dispose);
            Assert.Throws<InvalidOperationException>(() => outer.ReadLogits(new Viewer(seen: () => inner.ReadLogits(within))));
        }

        // Once nothing is under way, nothing is remembered of it.
        inner.ReadLogits(new Viewer(seen: outer.Dispose));
        Assert.True(outer.IsFreed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Dispose_WaitsForThePassUnderWay(int threads)
    {
        for (int round = 0; round < 100; round++)
        {
            Engine engine = new(threads);
            engine.Forward([1, 2], [2]);
            using ManualResetEventSlim begun = new(), free = new();
            Viewer slow = new(asked: () =>
            {
                begun.Set();
                free.Wait();
            });
            Task reading = Task.Run(() => engine.ReadLogits(slow), TestContext.Current.CancellationToken);
            begun.Wait(TestContext.Current.CancellationToken);
            Task disposal = Task.Run(engine.Dispose, TestContext.Current.CancellationToken);
            Assert.Throws<InvalidOperationException>(() => engine.Forward([1], [1]));
            Assert.False(engine.IsFreed);
            free.Set();
            await reading;
            await disposal;
            Assert.True(engine.IsFreed);
            Assert.Equal("Test.Trainer", Assert.Throws<ObjectDisposedException>(() => engine.Forward([1], [1])).ObjectName);
        }
    }

    private sealed unsafe class Engine(int threads) : TrainingEngine(Traits, new TrainerOptions { Threads = threads, TokenCapacity = 8 })
    {
        private static readonly EngineTraits Traits = new()
        {
            ClassName = "Test.Trainer",
            Shape = new()
            {
                Dim = 2, FfnDim = 2, Layers = 1, Heads = 1, KvHeads = 1, HeadDim = 2, VocabSize = 20, Context = 32, TiedEmbeddings = false,
            },
            Layout = new("Test", 32, 20, 32, 32, 32 * 16, new KvHeadLayout
            {
                HeadDim = 2, ElementBytes = 4, ScaleBytes = 0, PositionTile = 32, Slice = 2, KeyTileBytes = 256, ValuesOffset = 256,
                Bytes = 512,
            }),
            Emitted = "avx512",
            InstructionSet = "avx512",
            PrefillChunk = 4,
            LogitRows = 2,
            DecodeRows = 2,
        };

        public bool IsFreed { get; private set; }

        protected override ReadOnlySpan<float> HiddenRow(int token) => new float[2];

        protected override Span<float> HiddenGradientRow(int token) => new float[2];

        protected override void ForwardOn(int rank)
        {
        }

        protected override void BackwardOn(int rank)
        {
        }

        protected override void LogitsOn(int rank)
        {
            // The last thread, so that of two it is not the caller's.
            if (rank < Team.Size - 1)
                return;
            for (int picked = 0; picked < PickedCount; picked++)
                See(picked, new float[20]);
        }

        protected override void ClassifierWeightsOn(int rank)
        {
        }

        protected override void Free() => IsFreed = true;
    }

    /// <summary>Does something when it is asked whether it wants logits, or when it sees them.</summary>
    private sealed class Viewer(Action? asked = null, Action? seen = null) : ILogitsReader, ILogitsLoss
    {
        public bool Wants(int token)
        {
            asked?.Invoke();
            return true;
        }

        public void Read(int token, ReadOnlySpan<float> logits) => seen?.Invoke();

        public void Differentiate(int token, Span<float> logits) => seen?.Invoke();
    }
}
