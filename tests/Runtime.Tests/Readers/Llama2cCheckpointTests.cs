using System;
using System.IO;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Contracts;

namespace Llamalith.Tests.Readers;

public sealed unsafe class Llama2cCheckpointTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<int, bool> Kinds => new() { { 0, true }, { 0, false }, { 1, true }, { 1, false }, { 2, true }, { 2, false } };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Shape_IsTheHeaders(int version, bool shared)
    {
        using Llama2cCheckpoint checkpoint = Llama2cCheckpoint.Open(_folder.Write("m.bin", Llama2cDraft.Sample(version, shared).Bytes));
        Assert.Equal(
            new ModelShape
            {
                Dim = 8, FfnDim = 6, Layers = 2, Heads = 4, KvHeads = 2, HeadDim = 2, VocabSize = 5, Context = 3, TiedEmbeddings = shared,
                QkvBias = false,
            },
            checkpoint.Shape);
        Assert.Equal(RopeLayout.Interleaved, checkpoint.RopeLayout);
        Assert.Equal(2 + (shared ? 0 : 1) + (2 * 9), checkpoint.CanonicalNames.Count);
    }

    [Theory]
    [InlineData("token_embd.weight", "token_embedding_table", 5, 8, 0)]
    [InlineData("output_norm.weight", "rms_final_weight", 1, 8, 0)]
    [InlineData("output.weight", "wcls", 5, 8, 0)]
    [InlineData("blk.1.attn_norm.weight", "rms_att_weight", 1, 8, 1)]
    [InlineData("blk.1.attn_q.weight", "wq", 8, 8, 1)]
    [InlineData("blk.1.attn_k.weight", "wk", 4, 8, 1)]
    [InlineData("blk.1.attn_v.weight", "wv", 4, 8, 1)]
    [InlineData("blk.1.attn_output.weight", "wo", 8, 8, 1)]
    [InlineData("blk.1.ffn_norm.weight", "rms_ffn_weight", 1, 8, 1)]
    [InlineData("blk.1.ffn_gate.weight", "w1", 6, 8, 1)]
    [InlineData("blk.1.ffn_down.weight", "w2", 8, 6, 1)]
    [InlineData("blk.1.ffn_up.weight", "w3", 6, 8, 1)]
    public void Tensors_HaveTheirCanonicalNames(string canonical, string array, int rows, int columns, int layer)
    {
        foreach (int version in new[] { 0, 1 })
        {
            Llama2cDraft draft = Llama2cDraft.Sample(version, shared: false);
            using Llama2cCheckpoint checkpoint = Llama2cCheckpoint.Open(_folder.Write($"m{version}.bin", draft.Bytes));
            TensorView view = checkpoint.GetTensor(canonical, rows, columns);
            Assert.Equal(draft[array].AsSpan(layer * rows * columns, rows * columns), new ReadOnlySpan<float>(view.Data, rows * columns));
            Assert.Contains(canonical, checkpoint.CanonicalNames);
            Assert.False(checkpoint.TryGetTensor("blk.2.attn_q.weight", out _));
        }
    }

    [Theory]
    [InlineData("Dim", "dim")]
    [InlineData("FfnDim", "hidden_dim")]
    [InlineData("Layers", "n_layers")]
    [InlineData("Heads", "n_heads")]
    [InlineData("KvHeads", "n_kv_heads")]
    [InlineData("HeadDim", "dim / n_heads")]
    [InlineData("VocabSize", "vocab_size")]
    [InlineData("Context", "seq_len")]
    [InlineData("TiedEmbeddings", "shared_classifier")]
    [InlineData("RopeTheta", "RopeTheta")]
    public void KeyOf_IsTheFilesOwnWord(string property, string key)
    {
        using Llama2cCheckpoint checkpoint = Llama2cCheckpoint.Open(_folder.Write("m.bin", Llama2cDraft.Sample(0, true).Bytes));
        Assert.Equal(key, checkpoint.KeyOf(property));
    }

    [Fact]
    public void Refuses_MoreLayersThanAnyModelHas()
    {
        string path = _folder.Write("m.bin", Llama2cDraft.Version1(2, 1, 70_000, 1, 1, 1, 1, true).Bytes);
        Assert.Contains("n_layers = 70000", Assert.Throws<ModelFormatException>(() => Llama2cCheckpoint.Open(path)).Message);
        using FileStream alone = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    [Fact]
    public void Open_ReadsAPublishedModel()
    {
        using Llama2cCheckpoint checkpoint = Llama2cCheckpoint.Open(SharedData.PathOrSkip("stories260K.bin"));
        checkpoint.EnsureMatches(new ModelShape
        {
            Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, HeadDim = 8, VocabSize = 512, Context = 512, TiedEmbeddings = true,
            NormEps = 1e-5, RopeTheta = 10000, RopeScaling = RopeScaling.None, SlidingWindow = 0, QkvBias = false,
        });
        foreach (string name in checkpoint.CanonicalNames)
        {
            Assert.True(checkpoint.TryGetTensor(name, out TensorView view));
            Assert.DoesNotContain(new ReadOnlySpan<float>(view.Data, (int)(view.Rows * view.Columns)).ToArray(),
                w => !float.IsFinite(w) || Math.Abs(w) > 100);
        }

        // A trained norm is near one; a slice that is off by an array would not be.
        TensorView norm = checkpoint.GetTensor("output_norm.weight", 1, 64);
        Assert.InRange(new ReadOnlySpan<float>(norm.Data, 64).ToArray().Average(), 0.2, 20);
    }

    [Fact]
    public void Dispose_ClosesTheFile()
    {
        string path = _folder.Write("m.bin", Llama2cDraft.Sample(0, true).Bytes);
        Llama2cCheckpoint checkpoint = Llama2cCheckpoint.Open(path);
        Assert.Equal(
            OperatingSystem.IsLinux(), checkpoint.Advise(checkpoint.GetTensor("token_embd.weight", 5, 8), MemoryAdvice.Sequential));
        checkpoint.Dispose();
        checkpoint.Dispose();
        Assert.Throws<ObjectDisposedException>(() => checkpoint.TryGetTensor("token_embd.weight", out _));
        using FileStream alone = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }
}
