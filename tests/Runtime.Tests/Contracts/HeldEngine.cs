using System;
using System.Collections.Generic;
using System.Threading;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>An engine whose passes say what they were asked for and can be held up. Its logits are its tokens.</summary>
internal sealed class HeldEngine : ModelEngine
{
    private readonly float[] _row = new float[20];
    private readonly ManualResetEventSlim _free = new(initialState: true);
    private readonly ManualResetEventSlim _begun = new();

    public HeldEngine(int threads, string? instructionSet = "avx512", Checkpoint? checkpoint = null)
        : base(Traits(instructionSet), checkpoint ?? new NoCheckpoint(), new LoadOptions { Threads = threads })
    {
        Start(weightBytes: 0, barriers: 1, weights: "test");
        WarmUp(4);
    }

    public List<string> Passes { get; } = [];

    public int[] Embedded { get; } = new int[4];

    public bool IsFreed { get; private set; }

    /// <summary>Whether passes of many tokens go on until they are cancelled.</summary>
    public bool Endless { get; set; }

    public static HeldEngine Own(Checkpoint checkpoint)
    {
        HeldEngine engine = new(2, checkpoint: checkpoint);
        engine.OwnCheckpoint();
        return engine;
    }

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

    protected override void PrefillOn(int rank)
    {
        Pass(rank, $"prefill {PassStart}+{PassTokens}");
        while (Endless && !BarrierOrEnd(rank))
            Thread.Yield();
    }

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
        Layout = new("Test", 32, 20, 32, 32, 32 * 16, new KvHeadLayout
        {
            HeadDim = 2, ElementBytes = 4, ScaleBytes = 0, PositionTile = 32, Slice = 2, KeyTileBytes = 256, ValuesOffset = 256,
            Bytes = 512,
        }),
        Emitted = "avx512",
        InstructionSet = instructionSet,
        PrefillChunk = 4,
        LogitRows = 2,
        DecodeRows = 3,
    };
}
