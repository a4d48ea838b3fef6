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
        using Engine engine = new(threads);
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
        using Engine engine = new(threads);
        Odd reader = new();
        engine.Prefill([10, 11, 12, 13, 14, 15], reader, CancellationToken.None);
        Assert.Equal([(1, 11f), (3, 13f), (5, 15f)], reader.Seen.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void DecodeRows_AreCutIntoPasses_OfDecodeAlone(int threads)
    {
        using Engine engine = new(threads);
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
        using Engine engine = new(1);
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
        using Engine engine = new(1);
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
            Engine engine = new(threads);
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
        using Engine engine = new(threads);
        Assert.Throws<InvalidOperationException>(() => engine.Prefill([1, 2, 3], new Disposing(engine), CancellationToken.None));
        Assert.Throws<InvalidOperationException>(() => engine.Prefill([1, 2, 3], new DisposingEarly(engine), CancellationToken.None));
        Assert.False(engine.IsFreed);
        Assert.Equal(0, engine.Position);
        engine.Decode(1);
    }

    [Fact]
    public async Task Truncate_DuringAPass_IsRefused()
    {
        using Engine engine = new(1);
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
        PlatformNotSupportedException refusal = Assert.Throws<PlatformNotSupportedException>(() => new Engine(1, instructionSet: null));
        Assert.Equal("Test.Engine was compiled for avx512, and this machine has none of them.", refusal.Message);
    }

    /// <summary>Its logits are its tokens.</summary>
    private sealed unsafe class Engine : ModelEngine
    {
        private readonly float[] _row = new float[20];
        private readonly ManualResetEventSlim _free = new(initialState: true);
        private readonly ManualResetEventSlim _begun = new();

        public Engine(int threads, string? instructionSet = "avx512")
            : base(Traits(instructionSet), new NoCheckpoint(), new LoadOptions { Threads = threads })
        {
            Start(weightBytes: 0, barriers: 1, weights: "test");
            WarmUp(4);
        }

        public List<string> Passes { get; } = [];

        public int[] Embedded { get; } = new int[4];

        public bool IsFreed { get; private set; }

        public void Hold()
        {
            _begun.Reset();
            _free.Reset();
        }

        public void AwaitPass() => _begun.Wait(TestContext.Current.CancellationToken);

        public void Release() => _free.Set();

        protected override ReadOnlySpan<float> Logits => _row;

        protected override void Embed(int token, int row) => Embedded[row] = token;

        protected override void DecodeOn(int rank) => Pass(rank, $"decode {PassStart}");

        protected override void PrefillOn(int rank) => Pass(rank, $"prefill {PassStart}+{PassTokens}");

        protected override void DecodeRowsOn(int rank) => Pass(rank, $"rows {PassStart}+{PassTokens}");

        protected override void LogitsOn(int rank)
        {
        }

        protected override void RowLogitsOn(int rank) => Pass(rank, $"row logits {PassTokens}");

        protected override ReadOnlySpan<float> LogitRow(int picked) => new float[] { Embedded[Picked[picked]] };

        protected override void Free() => IsFreed = true;

        private void Pass(int rank, string text)
        {
            if (rank > 0)
                return;
            _begun.Set();
            _free.Wait();
            Passes.Add(text + (PassWantsLogits ? " logits" : ""));
        }

        private static EngineTraits Traits(string? instructionSet) => new()
        {
            ClassName = "Test.Engine",
            Shape = NoCheckpoint.OfTest,
            Layout = new("Test", 32, 32, 32 * 16, new KvHeadLayout
            {
                HeadDim = 2, ElementBytes = 4, ScaleBytes = 0, PositionTile = 32, Slice = 2, KeyTileBytes = 256, ValuesOffset = 256, Bytes = 512,
            }),
            Emitted = "avx512",
            InstructionSet = instructionSet,
            PrefillChunk = 4,
            LogitRows = 2,
            DecodeRows = 3,
        };
    }

    private sealed class NoCheckpoint : Checkpoint
    {
        public static ModelShape OfTest { get; } = new()
        {
            Dim = 2, FfnDim = 2, Layers = 1, Heads = 1, KvHeads = 1, HeadDim = 2, VocabSize = 20, Context = 32, TiedEmbeddings = false,
        };

        public override string Path => "nothing";

        public override ModelShape Shape => OfTest;

        public override RopeLayout RopeLayout => RopeLayout.Interleaved;

        public override IReadOnlyCollection<string> CanonicalNames => [];

        public override string KeyOf(string hyperparameter) => hyperparameter;

        public override bool TryGetTensor(string name, out TensorView tensor)
        {
            tensor = default;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
        }
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
