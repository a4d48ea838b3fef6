using System;
using System.IO;
using System.Linq;
using System.Text;
using Llamalith.Cli;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Peer;
using Llamalith.Contracts;

namespace Llamalith.Tests.Peer;

/// <summary>The real llama.cpp, where this machine has it already: tests fetch nothing.</summary>
public sealed class PeerEngineTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Peer_TellsAStoryInItsOwnWords()
    {
        LlamaCpp api = InstalledPeer.OrSkip();
        string tokenizer = SharedData.PathOrSkip("tok512.bin");
        using (Checkpoint checkpoint = Checkpoint.Open(SharedData.PathOrSkip("stories260K.bin")))
            GgufFiles.WriteFrom(folder["stories.gguf"], checkpoint, tokenizer);

        using PeerEngine engine = PeerEngine.Load(api, folder["stories.gguf"], Options());
        Assert.Equal(512, engine.VocabSize);
        int[] prompt = engine.Model.Tokenize("", addBos: true);
        Assert.Equal([1], prompt);
        int next = LogitsAgreement.ArgMax(engine.Prefill(prompt));
        using MemoryStream text = new();
        for (int i = 0; i < 50; i++)
        {
            text.Write(engine.Model.Piece(next));
            next = LogitsAgreement.ArgMax(engine.Decode(next));
        }

        Assert.StartsWith(
            "Once upon a time, there was a little girl named Lily. She loved to play outside in the park.",
            Encoding.UTF8.GetString(text.ToArray()).TrimStart(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Logits_AreTheSameByPrefillAndByDecoding()
    {
        using PeerEngine engine = Load(Options());
        int[] tokens = BenchTokens.Create(40, engine.VocabSize);
        float[] prefilled = engine.Prefill(tokens).ToArray();
        Assert.Equal(300, prefilled.Length);
        Assert.All(prefilled, l => Assert.True(float.IsFinite(l)));
        Assert.True(prefilled.Max() - prefilled.Min() > 0.1, "A model with weights has an opinion.");
        Assert.Equal(40, engine.Position);

        engine.Truncate(0);
        Assert.Equal(0, engine.Position);
        engine.Prefill(tokens.AsSpan(0, 30));
        ReadOnlySpan<float> decoded = default;
        foreach (int token in tokens.AsSpan(30))
            decoded = engine.Decode(token);
        AssertClose(prefilled, decoded, 1e-3);
    }

    [Fact]
    public void Truncate_ForgetsWhatFollowed()
    {
        using PeerEngine engine = Load(Options());
        int[] tokens = BenchTokens.Create(20, engine.VocabSize);
        engine.Prefill(tokens.AsSpan(0, 10));
        float[] before = engine.Decode(tokens[10]).ToArray();
        engine.Prefill(tokens.AsSpan(11));
        engine.Truncate(10);
        Assert.Equal(10, engine.Position);
        AssertClose(before, engine.Decode(tokens[10]), 1e-5);
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Truncate(12));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Truncate(-1));
    }

    [Fact]
    public void Options_ChangeTheSpeedAndNotTheAnswer()
    {
        float[] reference = Logits(Options());
        AssertClose(reference, Logits(Options() with { Threads = 2 }), 1e-3);
        AssertClose(reference, Logits(Options() with { FlashAttention = true }), 1e-2);
        AssertClose(reference, Logits(Options() with { MicroBatch = 8 }), 1e-3);
        AssertClose(reference, Logits(Options() with { Batch = 8, MicroBatch = 4 }), 1e-3);
        AssertClose(reference, Logits(Options() with { Cache = PeerCacheFormat.F32 }), 1e-2);
        AssertClose(reference, Logits(Options() with { Cache = PeerCacheFormat.Q8_0, FlashAttention = null }), 0.15);

        float[] Logits(PeerOptions options)
        {
            using PeerEngine engine = Load(options);
            engine.Prefill(BenchTokens.Create(40, engine.VocabSize));
            return engine.Decode(7).ToArray();
        }
    }

    [Fact]
    public void FlashAttention_IsTheFasterWhereItIsLeftOpen()
    {
        using PeerEngine engine =
            Load(Options() with { FlashAttention = null, Trial = new PeerTrial { Depth = 16, Prompt = 8, Decode = 4 } });
        Assert.Contains(engine.FlashAttention ? "flash attention on (the faster: " : "flash attention off (the faster: ", engine.Detail,
            StringComparison.Ordinal);
        Assert.Equal(0, engine.Position);
    }

    [Fact]
    public void Rest_IsWokenByTheNextCall()
    {
        using PeerEngine engine = Load(Options() with { Threads = 2 });
        float[] before = engine.Prefill([5, 6, 7]).ToArray();
        engine.Rest();
        engine.Truncate(0);
        engine.Rest();
        AssertClose(before, engine.Prefill([5, 6, 7]), 1e-5);
    }

    [Fact]
    public void Calls_RefuseWhatWouldCrash()
    {
        using PeerEngine engine = Load(Options() with { Context = 256 });
        Assert.Throws<ArgumentOutOfRangeException>(() => { engine.Decode(300); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { engine.Decode(-1); });
        Assert.Throws<ArgumentException>(() => { engine.Prefill([]); });
        engine.Prefill(BenchTokens.Create(256, engine.VocabSize));
        ArgumentException full = Assert.Throws<ArgumentException>(() => { engine.Decode(1); });
        Assert.Contains("256", full.Message, StringComparison.Ordinal);
        Assert.Equal(256, engine.Position);
    }

    [Fact]
    public void Load_SaysWhatIsWrongWithAFile()
    {
        LlamaCpp api = InstalledPeer.OrSkip();
        string path = GgufFiles.WriteRandom(folder["good.gguf"]);
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(folder["short.gguf"], bytes[..(bytes.Length / 2)]);
        File.WriteAllBytes(folder["other.gguf"], "no model"u8.ToArray());
        foreach (string bad in (string[])["short.gguf", "other.gguf", "missing.gguf"])
        {
            CliException error = Assert.Throws<CliException>(() => PeerEngine.Load(api, folder[bad], Options()));
            Assert.StartsWith($"llama.cpp cannot load {folder[bad]}: ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Engine_CannotBeUsedOnceDisposed()
    {
        PeerEngine engine = Load(Options());
        engine.Dispose();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { engine.Decode(1); });
        Assert.Throws<ObjectDisposedException>(() => engine.Truncate(0));
        Assert.Throws<ObjectDisposedException>(() => engine.Rest());
        Assert.Throws<ObjectDisposedException>(() => engine.Model.Tokenize("a", addBos: false));
    }

    [Fact]
    public void Runner_FindsThePeerInAProcessOfItsOwnEqualToItself()
    {
        LlamaCpp api = InstalledPeer.OrSkip();
        string path = GgufFiles.WriteRandom(folder["random.gguf"]);
        BenchPlan plan = new() { PromptTokens = 32, GeneratedTokens = 8, Depth = 16, Repetitions = 2 };
        ModelWork work = ModelWork.From(GgufFiles.RandomShape, "random");
        BenchRun run = new BenchRunner(plan, work).Run(1, [
            new EngineSource("llama.cpp",
                (asked, threads) => PeerEngine.Load(api, path, Options() with { Threads = threads, Context = asked.Positions })),
            new PeerSource(TaskFor(api.Libraries.Folder, path), log: null)], TestContext.Current.CancellationToken);
        Assert.NotNull(run.Agreement);
        Assert.Equal((9, 9, 0.0), (run.Agreement.Positions, run.Agreement.SameArgmax, run.Agreement.LargestDifference));
        Assert.All(run.Engines, e => Assert.True(e.PromptRate > 0 && e.DecodeRate > 0 && e.LoadMilliseconds > 0 && e.ResidentBytes > 0));
        Assert.Equal([2, 2], run.Engines.Select(e => e.DecodeRates.Length));
        Assert.Equal([false, true], run.Engines.Select(e => e.IsFreshEachRound));
        Assert.Contains("flash attention off", run.Engines[1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Process_SaysWhyItCannot()
    {
        string libraries = InstalledPeer.OrSkip().Libraries.Folder, broken = folder["broken.gguf"];
        File.WriteAllText(broken, "GGUF");
        CliException error = Assert.Throws<CliException>(
            () => PeerContender.Ask(TaskFor(libraries, broken) with { Threads = 1 }, log: null, TestContext.Current.CancellationToken));
        Assert.Contains($"ended with code 1: llama.cpp cannot load {broken}", error.Message, StringComparison.Ordinal);
    }

    private static PeerTask TaskFor(string libraries, string path) =>
        new() { Folder = libraries, Path = path, Plan = new BenchPlan { PromptTokens = 8, GeneratedTokens = 2 }, Threads = 0,
            Cache = PeerCacheFormat.F16, FlashAttention = false };

    [Fact]
    public void Trial_IsThePlanInSmall()
    {
        PeerTrial trial = PeerWorker.TrialFor(new BenchPlan { PromptTokens = 512, GeneratedTokens = 128, Depth = 3500 });
        Assert.Equal(new PeerTrial { Depth = 1024, Prompt = 128, Decode = 32 }, trial);
        trial = PeerWorker.TrialFor(new BenchPlan { PromptTokens = 8, GeneratedTokens = 0, Depth = 3 });
        Assert.Equal(new PeerTrial { Depth = 3, Prompt = 8, Decode = 0 }, trial);
    }

    private static PeerOptions Options() => new() { Threads = 1, Context = 256, FlashAttention = false };

    private PeerEngine Load(PeerOptions options) =>
        PeerEngine.Load(InstalledPeer.OrSkip(), GgufFiles.WriteRandom(folder["random.gguf"]), options);

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        LogitsAgreement agreement = new();
        agreement.Add(expected, actual);
        Assert.True(agreement.LargestDifference <= tolerance * Math.Max(1, agreement.Deviation), agreement.ToString());
    }
}
