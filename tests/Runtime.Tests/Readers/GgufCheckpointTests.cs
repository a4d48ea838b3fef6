using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tools;

namespace Llamalith.Tests.Readers;

public sealed class GgufCheckpointTests : IDisposable
{
    private static readonly ModelShape SampleShape = new()
    {
        Dim = 8,
        FfnDim = 6,
        Layers = 2,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 2,
        VocabSize = 5,
        Context = 16,
        TiedEmbeddings = false,
        NormEps = 1e-5f,
        RopeTheta = 10000,
        RopeScaling = RopeScaling.None,
        QkvBias = false,
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shape_IsTheFiles()
    {
        using GgufCheckpoint checkpoint = Open(new GgufModelDraft());
        Assert.Equal(SampleShape, checkpoint.Shape);
        Assert.Equal("llama", checkpoint.File.Metadata.GetText("general.architecture"));
    }

    [Theory]
    [InlineData("llama", RopeLayout.Interleaved)]
    [InlineData("qwen2", RopeLayout.HalfSplit)]
    public void RopeLayout_FollowsTheArchitecture(string architecture, RopeLayout layout)
    {
        using GgufCheckpoint checkpoint = Open(new GgufModelDraft { Architecture = architecture });
        Assert.Equal(layout, checkpoint.RopeLayout);
        Assert.Equal(SampleShape, checkpoint.Shape);
        Assert.Equal(architecture + ".embedding_length", checkpoint.KeyOf("Dim"));
    }

    [Theory]
    [InlineData("Dim", "llama.embedding_length")]
    [InlineData("FfnDim", "llama.feed_forward_length")]
    [InlineData("Layers", "llama.block_count")]
    [InlineData("Heads", "llama.attention.head_count")]
    [InlineData("KvHeads", "llama.attention.head_count_kv")]
    [InlineData("HeadDim", "llama.embedding_length / llama.attention.head_count")]
    [InlineData("VocabSize", "llama.vocab_size")]
    [InlineData("Context", "llama.context_length")]
    [InlineData("NormEps", "llama.attention.layer_norm_rms_epsilon")]
    [InlineData("RopeTheta", "llama.rope.freq_base")]
    [InlineData("RopeScaling", "llama.rope.scaling.type")]
    [InlineData("RopeScalingFactor", "llama.rope.scaling.factor")]
    [InlineData("SlidingWindow", "llama.attention.sliding_window")]
    [InlineData("TiedEmbeddings", "tied (no output.weight)")]
    [InlineData("QkvBias", "has blk.0.attn_q.bias")]
    public void KeyOf_IsTheFilesOwnWord(string property, string key)
    {
        using GgufCheckpoint checkpoint = Open(new GgufModelDraft());
        Assert.Equal(key, checkpoint.KeyOf(property));
    }

    [Fact]
    public void EnsureMatches_NamesBothSides()
    {
        using GgufCheckpoint checkpoint = Open(new GgufModelDraft());
        checkpoint.EnsureMatches(SampleShape);
        checkpoint.EnsureMatches(SampleShape with { Context = 4 });
        string message = Assert.Throws<ModelMismatchException>(
            () => checkpoint.EnsureMatches(SampleShape with { KvHeads = 4, TiedEmbeddings = true, Context = 17 })).Message;
        Assert.Contains("KvHeads = 4, but llama.attention.head_count_kv = 2", message);
        Assert.Contains("TiedEmbeddings = True, but tied (no output.weight) = False", message);
        Assert.Contains("Context = 17, but llama.context_length = 16", message);
    }

    [Fact]
    public void Tensors_HaveTheirCanonicalNames()
    {
        GgufModelDraft draft = new();
        using GgufCheckpoint checkpoint = Open(draft);
        Assert.Equal(draft.Tensors.Keys.Order(), checkpoint.CanonicalNames.Order());
        foreach ((string name, (TensorType type, long rows, long columns)) in draft.Tensors)
            Assert.Equal(type, checkpoint.GetTensor(name, rows, columns).Type);
        Assert.False(checkpoint.TryGetTensor("absent", out _));
        Assert.Contains(
            "blk.0.attn_q.weight is [8, 8], but the class was compiled for [9, 8]",
            Assert.Throws<ModelMismatchException>(() => checkpoint.GetTensor("blk.0.attn_q.weight", 9, 8)).Message);
    }

    [Fact]
    public void Tensors_OfUnknownTypeAreRefusedWhenAskedFor()
    {
        byte[] bytes = new GgufModelDraft().Build();

        // output.weight ends with: one dimension count, two dimensions, the type.
        int name = bytes.AsSpan().LastIndexOf("output.weight"u8);
        for (int at = name; at > 0 && bytes[at - 1] == (byte)'_'; at = name)
            name = bytes.AsSpan(0, at).LastIndexOf("output.weight"u8);
        BitConverter.GetBytes(17u).CopyTo(bytes, name + 13 + 4 + 16);
        using GgufCheckpoint checkpoint = GgufCheckpoint.Open(_folder.Write("m.gguf", bytes));
        Assert.Equal(
            $"{checkpoint.Path}: the tensor output.weight is IQ2_XS, which this runtime cannot read.",
            Assert.Throws<ModelFormatException>(() => checkpoint.TryGetTensor("output.weight", out _)).Message);
    }

    [Fact]
    public void TiedEmbeddings_AreThoseWithoutAClassifier()
    {
        GgufModelDraft draft = new();
        draft.Tensors.Remove("output.weight");
        using GgufCheckpoint checkpoint = Open(draft);
        Assert.True(checkpoint.Shape.TiedEmbeddings);
    }

    [Fact]
    public void KvHeads_DefaultToHeads()
    {
        using GgufCheckpoint checkpoint = Open(new GgufModelDraft().Without("{arch}.attention.head_count_kv"));
        Assert.Equal(4, checkpoint.Shape.KvHeads);
    }

    [Fact]
    public void HeadDim_MayBeStated()
    {
        using GgufCheckpoint checkpoint = Open(new GgufModelDraft().With("{arch}.attention.key_length", 6u));
        Assert.Equal(6, checkpoint.Shape.HeadDim);
        Assert.Equal("llama.attention.key_length", checkpoint.KeyOf("HeadDim"));
    }

    [Fact]
    public void VocabSize_FallsBackToTokensThenToTheEmbedding()
    {
        GgufModelDraft draft = new GgufModelDraft().Without("{arch}.vocab_size");
        using GgufCheckpoint embedding = Open(draft);
        Assert.Equal((5, "the rows of token_embd.weight"), (embedding.Shape.VocabSize, embedding.KeyOf("VocabSize")));
        draft.With("tokenizer.ggml.tokens", GgufArrayContent.Of(["a", "b", "c"]));
        using GgufCheckpoint tokens = Open(draft);
        Assert.Equal((3, "the length of tokenizer.ggml.tokens"), (tokens.Shape.VocabSize, tokens.KeyOf("VocabSize")));
    }

    [Fact]
    public void Sizes_MayBeListsOfOneForEachLayer()
    {
        using GgufCheckpoint checkpoint =
            Open(new GgufModelDraft().With("{arch}.attention.head_count_kv", GgufArrayContent.Of((int[])[2, 2])));
        Assert.Equal(2, checkpoint.Shape.KvHeads);
        Refuses(new GgufModelDraft().With("{arch}.attention.head_count_kv", GgufArrayContent.Of((int[])[2, 1])),
            "llama.attention.head_count_kv differs between layers");
        Refuses(new GgufModelDraft().With("{arch}.attention.head_count_kv", GgufArrayContent.Of(ReadOnlySpan<int>.Empty)),
            "has 0 elements");
    }

    [Fact]
    public void Reals_AreTheFiles()
    {
        using GgufCheckpoint checkpoint = Open(
            new GgufModelDraft().With("{arch}.rope.freq_base", 500000f).With("{arch}.attention.sliding_window", 7u)
                .Without("{arch}.attention.layer_norm_rms_epsilon"));
        Assert.Equal(500000, checkpoint.Shape.RopeTheta);
        Assert.Equal(7, checkpoint.Shape.SlidingWindow);
        Assert.Null(checkpoint.Shape.NormEps);
    }

    [Fact]
    public void QkvBias_IsThatOfTheTensors()
    {
        using GgufCheckpoint checkpoint = Open(
            new GgufModelDraft().WithTensor("blk.0.attn_q.bias", 1, 8).WithTensor("blk.0.attn_k.bias", 1, 4)
                .WithTensor("blk.0.attn_v.bias", 1, 4));
        Assert.True(checkpoint.Shape.QkvBias);
        Assert.Equal(1, checkpoint.GetTensor("blk.0.attn_q.bias", 1, 8).Rows);
    }

    [Theory]
    [InlineData("none", null, RopeScaling.None, null)]
    [InlineData("none", 4f, RopeScaling.None, null)]
    [InlineData("linear", 4f, RopeScaling.Linear, 4.0)]
    [InlineData("linear", 1f, RopeScaling.None, null)]
    [InlineData(null, 4f, RopeScaling.Linear, 4.0)]
    [InlineData("llama3", 8f, RopeScaling.Llama3, 8.0)]
    public void RopeScaling_IsTheMetadatas(string? type, float? factor, RopeScaling scaling, double? expected)
    {
        GgufModelDraft draft = new();
        if (type is not null)
            draft.With("{arch}.rope.scaling.type", type);
        if (factor is not null)
            draft.With("{arch}.rope.scaling.factor", factor.Value);
        using GgufCheckpoint checkpoint = Open(draft);
        Assert.Equal((scaling, expected), (checkpoint.Shape.RopeScaling!.Value, checkpoint.Shape.RopeScalingFactor));
    }

    [Fact]
    public void RopeScaling_MayHaveItsOldName()
    {
        using GgufCheckpoint checkpoint = Open(new GgufModelDraft().With("{arch}.rope.scale_linear", 2f));
        Assert.Equal((RopeScaling.Linear, 2.0), (checkpoint.Shape.RopeScaling, checkpoint.Shape.RopeScalingFactor));
        Assert.Equal("llama.rope.scale_linear", checkpoint.KeyOf("RopeScalingFactor"));
    }

    [Fact]
    public void RopeScaling_MayBeATensorOfDivisors()
    {
        // Heads of 2 have one pair, of the shortest wave there is: it is stretched in full where the original context is shorter still.
        using GgufCheckpoint unscaled = Open(new GgufModelDraft().WithTensor("rope_freqs.weight", 1, 1, 1));
        Assert.Equal((RopeScaling.None, null), (unscaled.Shape.RopeScaling, unscaled.Shape.RopeScalingFactor));
        Assert.DoesNotContain("rope_freqs.weight", unscaled.CanonicalNames);
    }

    /// <summary>The numbers of the rule come out of the divisors that the plainly written rule gives, whatever the numbers are.</summary>
    [Theory]
    [InlineData(128, 5e5, 8, 1, 4, 8192, 1, 4, 8192)]
    [InlineData(64, 5e5, 32, 1, 4, 8192, 1, 4, 8192)]
    [InlineData(128, 5e5, 8, 1, 4, 131072, 1, 4, 131072)]
    [InlineData(128, 1e6, 40, 1, 2.5, 4096, 1, 2.5, 4096)]
    [InlineData(128, 1e4, 4, 2, 6, 1000, 1, 3, 500)]
    public void RopeScaling_IsFoundInItsDivisors(
        int headDim, double theta, double factor, double low, double high, int context, double expectedLow, double expectedHigh,
        int expectedContext)
    {
        float[] divisors = new float[headDim / 2];
        for (int i = 0; i < divisors.Length; i++)
        {
            // As published: by the length of a turn, in positions.
            double wavelength = 2 * Math.PI * Math.Pow(theta, 2.0 * i / headDim);
            double smooth = ((context / wavelength) - low) / (high - low);
            divisors[i] =
                (float)(wavelength < context / high ? 1 : wavelength > context / low ? factor : 1 / (((1 - smooth) / factor) + smooth));
        }

        using GgufCheckpoint checkpoint = Open(WithHeads(headDim, theta).WithTensor("rope_freqs.weight", 1, headDim / 2, divisors));
        Assert.Equal(
            (RopeScaling.Llama3, expectedLow, expectedHigh, expectedContext),
            (checkpoint.Shape.RopeScaling, checkpoint.Shape.RopeScalingLowFrequencyFactor, checkpoint.Shape.RopeScalingHighFrequencyFactor,
                checkpoint.Shape.RopeScalingOriginalContext));
        Assert.Equal(factor, checkpoint.Shape.RopeScalingFactor!.Value, 1e-6);
        Assert.Equal("rope_freqs.weight", checkpoint.KeyOf("RopeScaling"));
        Assert.Equal("rope_freqs.weight", checkpoint.KeyOf("RopeScalingOriginalContext"));
        ModelShape compiled = checkpoint.Shape
            with { RopeScalingLowFrequencyFactor = low, RopeScalingHighFrequencyFactor = high, RopeScalingOriginalContext = context };
        checkpoint.EnsureMatches(compiled);
        Assert.Contains(
            string.Create(
                CultureInfo.InvariantCulture, $"RopeScalingOriginalContext = {context * 2}, but rope_freqs.weight = {expectedContext}"),
            Assert.Throws<ModelMismatchException>(
                () => checkpoint.EnsureMatches(compiled with { RopeScalingOriginalContext = context * 2 })).Message);
    }

    [Fact]
    public void RopeScaling_OfOneWordHasItsNumbersBesideIt()
    {
        GgufModelDraft Stretched() =>
            new GgufModelDraft().With("{arch}.rope.scaling.type", "llama3").With("{arch}.rope.scaling.factor", 8f);
        using GgufCheckpoint checkpoint = Open(Stretched()
            .With("{arch}.rope.scaling.low_freq_factor", 2f).With("{arch}.rope.scaling.high_freq_factor", 5f)
            .With("{arch}.rope.scaling.original_context_length", 99u));
        Assert.Equal((2.0, 5.0, 99), (checkpoint.Shape.RopeScalingLowFrequencyFactor, checkpoint.Shape.RopeScalingHighFrequencyFactor,
            checkpoint.Shape.RopeScalingOriginalContext));
        Assert.Equal("llama.rope.scaling.low_freq_factor", checkpoint.KeyOf("RopeScalingLowFrequencyFactor"));
        Refuses(Stretched().With("{arch}.rope.scaling.low_freq_factor", 4f),
            "llama.rope.scaling.high_freq_factor = 4 must be greater than llama.rope.scaling.low_freq_factor = 4");
        Refuses(Stretched().With("{arch}.rope.scaling.original_context_length", 0u), "llama.rope.scaling.original_context_length = 0");
    }

    [Fact]
    public void RopeScaling_IsRefusedWhereItCannotBeRun()
    {
        Refuses(new GgufModelDraft().With("{arch}.rope.scaling.type", "dynamic"), "llama.rope.scaling.type = dynamic");
        Refuses(new GgufModelDraft().With("{arch}.rope.scaling.type", "llama3"), "neither llama.rope.scaling.factor nor rope_freqs.weight");
        Refuses(new GgufModelDraft().With("{arch}.rope.scaling.factor", -1f), "llama.rope.scaling.factor = -1");
        Refuses(new GgufModelDraft().With("{arch}.rope.scaling.factor", 2f).WithTensor("rope_freqs.weight", 1, 2, 1, 8),
            "rope_freqs.weight stretches");
        Refuses(new GgufModelDraft().WithTensor("rope_freqs.weight", 1, 2, 1, float.NaN), "rope_freqs.weight has the divisor NaN");
        Refuses(new GgufModelDraft().WithTensor("rope_freqs.weight", 1, 2, 0, 8), "rope_freqs.weight has the divisor 0");
        Refuses(new GgufModelDraft().WithTensor("rope_freqs.weight", 2, 1, 1, 8), "rope_freqs.weight is F32 [2, 1]");
        Refuses(new GgufModelDraft().WithTensor("rope_freqs.weight", 1, 70000), "rope_freqs.weight is F32 [1, 70000]");
        Refuses(new GgufModelDraft().WithTensor("rope_freqs.weight", 1, 3, 1, 2.5f, 32),
            "rope_freqs.weight has 3 divisors, but llama.embedding_length / llama.attention.head_count = 2 asks for 1");
        Refuses(WithHeads(8, 1e4).WithTensor("rope_freqs.weight", 1, 4, 8, 4, 2, 1), "not those of Llama 3's rule");
        Refuses(WithHeads(8, 1e4).WithTensor("rope_freqs.weight", 1, 4, 0.5f, 1, 1, 1), "not those of Llama 3's rule");
    }

    [Theory]
    [InlineData("blk.0.attn_rot_embd")]
    [InlineData("blk.1.rope_freqs.weight")]
    public void Tensors_ThatFollowFromTheRestAreLeftOut(string name)
    {
        using GgufCheckpoint checkpoint = Open(new GgufModelDraft().WithTensor(name, 1, 4));
        Assert.DoesNotContain(name, checkpoint.CanonicalNames);
    }

    [Theory]
    [InlineData("blk.0.attn_q_norm.weight")]
    [InlineData("blk.0.attn_output.bias")]
    [InlineData("blk.0.ffn_gate_exps.weight")]
    [InlineData("blk.00.attn_q.weight")]
    [InlineData("blk.-1.attn_q.weight")]
    [InlineData("blk. 1.attn_q.weight")]
    [InlineData("blk.99999999999.attn_q.weight")]
    [InlineData("blk.")]
    [InlineData("blk.1")]
    [InlineData("output_norm.bias")]
    [InlineData("position_embd.weight")]
    [InlineData("Output.weight")]
    public void Refuses_TensorsThatAreNoPartOfALlama(string name) =>
        Refuses(new GgufModelDraft().WithTensor(name, 1, 4), name, "no part of a Llama model");

    /// <summary>Tensors that others have, beside one that holds them all.</summary>
    [Fact]
    public void Refuses_TensorsThatAreThereTwice() => Refuses(
        new GgufModelDraft().WithTensor("blk.0.attn_qkv.weight", 1, 4), "blk.0.attn_q", "there twice");

    [Fact]
    public void Refuses_TensorsOfLayersThereAreNone() =>
        Refuses(new GgufModelDraft().WithTensor("blk.2.attn_norm.weight", 1, 8), "blk.2.attn_norm.weight, but llama.block_count = 2");

    [Theory]
    [InlineData("qwen3moe")]
    [InlineData("cohere2")]
    [InlineData("stablelm")]
    [InlineData("Llama")]
    [InlineData("")]
    public void Refuses_OtherArchitectures(string architecture) => Refuses(
        new GgufModelDraft { Architecture = architecture }, $"general.architecture = {architecture}, but only llama, qwen2, ");

    [Fact]
    public void Refuses_AFileWithoutArchitecture() =>
        Refuses(new GgufModelDraft { Architecture = null }, "general.architecture is missing");

    [Theory]
    [InlineData("{arch}.embedding_length")]
    [InlineData("{arch}.feed_forward_length")]
    [InlineData("{arch}.block_count")]
    [InlineData("{arch}.attention.head_count")]
    [InlineData("{arch}.context_length")]
    public void Refuses_AMissingSize(string key) =>
        Refuses(new GgufModelDraft().Without(key), key.Replace("{arch}", "llama", StringComparison.Ordinal) + " is missing");

    [Theory]
    [InlineData("{arch}.embedding_length")]
    [InlineData("{arch}.feed_forward_length")]
    [InlineData("{arch}.block_count")]
    [InlineData("{arch}.attention.head_count")]
    [InlineData("{arch}.attention.head_count_kv")]
    [InlineData("{arch}.attention.key_length")]
    [InlineData("{arch}.context_length")]
    [InlineData("{arch}.vocab_size")]
    public void Refuses_SizesThatAreNone(string key)
    {
        string full = key.Replace("{arch}", "llama", StringComparison.Ordinal);
        Refuses(new GgufModelDraft().With(key, 0u), full);
        Refuses(new GgufModelDraft().With(key, -1), full);
        Refuses(new GgufModelDraft().With(key, uint.MaxValue), full + " = 4294967295 is out of range");
        Refuses(new GgufModelDraft().With(key, ulong.MaxValue), full, "an integer was expected");
        Refuses(new GgufModelDraft().With(key, "8"), full, "an integer was expected");
    }

    [Fact]
    public void Refuses_SizesThatDoNotFit()
    {
        Refuses(new GgufModelDraft().With("{arch}.attention.head_count", 3u),
            "llama.embedding_length = 8 is no multiple of llama.attention.head_count = 3");
        Refuses(new GgufModelDraft().With("{arch}.attention.head_count_kv", 3u),
            "llama.attention.head_count = 4 is no multiple of llama.attention.head_count_kv = 3");
        Refuses(new GgufModelDraft().With("{arch}.attention.key_length", 3u), "llama.attention.key_length = 3 is odd");
        Refuses(new GgufModelDraft().With("{arch}.attention.key_length", 1u << 30), "llama.attention.key_length = 1073741824 is too large");
        Refuses(new GgufModelDraft().With("{arch}.block_count", 100_000u), "llama.block_count = 100000");
        Refuses(new GgufModelDraft().With("{arch}.attention.sliding_window", -1), "llama.attention.sliding_window = -1");
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-1e-5f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Refuses_RealsThatAreNone(float value)
    {
        Refuses(new GgufModelDraft().With("{arch}.attention.layer_norm_rms_epsilon", value), "llama.attention.layer_norm_rms_epsilon = ");
        Refuses(new GgufModelDraft().With("{arch}.rope.freq_base", value), "llama.rope.freq_base = ");
    }

    [Fact]
    public void Refuses_WhatCannotBeRun()
    {
        Refuses(new GgufModelDraft().With("{arch}.expert_count", 8u), "llama.expert_count = 8");
        Refuses(new GgufModelDraft().With("{arch}.rope.dimension_count", 4u), "llama.rope.dimension_count turns 4");
        Refuses(new GgufModelDraft().With("{arch}.attention.value_length", 4u), "llama.attention.value_length = 4");
        using GgufCheckpoint sound =
            Open(new GgufModelDraft().With("{arch}.expert_count", 0u).With("{arch}.rope.dimension_count", 2u).With("split.count", 1u));
        Assert.Equal(SampleShape, sound.Shape);
    }

    /// <summary>
    /// Types without kernels: matrices are stored anew as one that has them, and the user is told; rows of the embedding are read as they
    /// are.
    /// </summary>
    [Theory]
    [InlineData("IQ4_NL", "Q8_0")]
    [InlineData("MXFP4", "Q8_0")]
    [InlineData("TQ2_0", "Q6_K")]
    public void MatricesWithoutKernels_AreStoredAnew(string name, string expected)
    {
        TensorType type = Enum.Parse<TensorType>(name), stored = Enum.Parse<TensorType>(expected);

        // As an exponent of two, 0x21 would make numbers that no half is small enough for.
        byte fill = type == TensorType.MXFP4 ? (byte)0x7A : (byte)0x21;
        GgufModelDraft draft = new GgufModelDraft().With("{arch}.embedding_length", 256u).With("{arch}.feed_forward_length", 256u);
        foreach (string tensor in draft.Tensors.Keys)
        {
            (TensorType own, long rows, long columns) = draft.Tensors[tensor];
            bool isMatrix = rows > 1;
            rows = tensor.Contains("attn_k", StringComparison.Ordinal) || tensor.Contains("attn_v", StringComparison.Ordinal)
                ? 128 : isMatrix && rows != 5 ? 256 : rows;
            draft.Tensors[tensor] = (isMatrix ? type : own, rows, 256);
            if (isMatrix)
                draft.Raw[tensor] = [.. Enumerable.Repeat(fill, (int)TensorTypes.ByteLength(type, rows, 256))];
        }

        using GgufCheckpoint checkpoint = Open(draft);
        Assert.Equal(
            $"15 tensors are {name}, for which there are no kernels: they are stored anew as {expected} when they are loaded, which takes "
                + "more memory than the file.", checkpoint.Notice);
        foreach (string tensor in checkpoint.CanonicalNames.Where(static tensor => !tensor.Contains("norm", StringComparison.Ordinal)))
        {
            Assert.True(checkpoint.TryDescribe(tensor, out TensorInfo info));
            Assert.True(checkpoint.TryGetTensor(tensor, out TensorView view));
            bool isEmbedding = tensor == TensorNames.TokenEmbedding;
            Assert.Equal((isEmbedding ? type : stored, isEmbedding ? type : stored), (info.Type, view.Type));
            Assert.Equal(info.ByteLength, view.ByteLength);
            float[] read = new float[256], original = new float[256];
            BlockFormats.DequantizeRow(view, view.Rows - 1, read);
            BlockFormats.Dequantize(type, draft.Raw[tensor].AsSpan(0, (int)TensorTypes.ByteLength(type, 1, 256)), original);
            float most = original.Max(MathF.Abs);
            Assert.True(most > 0);
            for (int i = 0; i < 256; i++)
                Assert.InRange(read[i], original[i] - (0.02f * most), original[i] + (0.02f * most));
            checkpoint.Advise(view, MemoryAdvice.DontNeed);
        }
    }

    /// <summary>Some writers say 0 for a factor that is not there.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("none")]
    [InlineData(null)]
    public void RopeScalingFactorOfZero_IsNone(string? type)
    {
        GgufModelDraft draft = new GgufModelDraft().With("{arch}.rope.scaling.factor", 0f);
        if (type is not null)
            draft.With("{arch}.rope.scaling.type", type);
        using GgufCheckpoint checkpoint = Open(draft);
        Assert.Equal(RopeScaling.None, checkpoint.Shape.RopeScaling);
    }

    [Fact]
    public void SplitModel_IsItsPartsWhicheverIsOpened()
    {
        string[] paths = WriteParts("m", 3);
        using GgufCheckpoint whole = Open(new GgufModelDraft());
        foreach (string path in paths)
        {
            using GgufCheckpoint split = GgufCheckpoint.Open(path);
            Assert.Equal(paths[0], split.Path);
            Assert.Equal(whole.Shape, split.Shape);
            Assert.Equal(whole.CanonicalNames.Order(), split.CanonicalNames.Order());
            foreach (string name in whole.CanonicalNames)
            {
                Assert.True(split.TryGetTensor(name, out TensorView tensor) && whole.TryGetTensor(name, out TensorView same)
                    && same.ByteLength == tensor.ByteLength);
                split.Advise(tensor, MemoryAdvice.DontNeed);
            }
        }

        // All of them are closed with it.
        foreach (string path in paths)
        {
            using FileStream alone = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
    }

    [Fact]
    public void SplitModel_IsQuantizedAsTheWholeOneIs()
    {
        using GgufCheckpoint split = GgufCheckpoint.Open(WriteParts("m", 3)[1]), whole = Open(new GgufModelDraft());
        string ofSplit = _folder["split.gguf"], ofWhole = _folder["whole.gguf"];
        ModelQuantizer.Quantize(split, ofSplit, QuantizationPreset.F16);
        ModelQuantizer.Quantize(whole, ofWhole, QuantizationPreset.F16);
        Assert.Equal(File.ReadAllBytes(ofWhole), File.ReadAllBytes(ofSplit));
    }

    /// <summary>Infinite scales make elements that no block format holds: said as any damage, though many threads found it.</summary>
    [Fact]
    public void MatricesWithoutKernels_ThatAreInfiniteAreNamed()
    {
        GgufModelDraft draft = new GgufModelDraft().With("{arch}.embedding_length", 32u).With("{arch}.feed_forward_length", 32u);
        foreach ((string tensor, (TensorType type, long rows, long _)) in draft.Tensors.ToArray())
            draft.Tensors[tensor] = (type, rows is 1 or 5 ? rows
                : tensor.Contains("attn_k", StringComparison.Ordinal) || tensor.Contains("attn_v", StringComparison.Ordinal) ? 16 : 32, 32);
        draft.Tensors["output.weight"] = (TensorType.MXFP4, 5, 32);
        draft.Raw["output.weight"] = [.. Enumerable.Repeat((byte)0xFF, 5 * 17)];
        using GgufCheckpoint checkpoint = Open(draft);
        string message = Assert.Throws<ModelFormatException>(() => checkpoint.TryGetTensor("output.weight", out _)).Message;
        Assert.StartsWith($"{checkpoint.Path}: output.weight: row ", message, StringComparison.Ordinal);
        Assert.EndsWith(", for which Q8_0 has no form.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void SplitModel_IsRefusedByNameWhereAPartIsMissingOrAnothers()
    {
        string[] paths = WriteParts("m", 3);
        byte[] second = File.ReadAllBytes(paths[1]);
        File.Delete(paths[1]);
        RefusesPart(paths[0], $"{paths[0]} is part 1 of 3 of a split model, but part 2 is missing: there is no {paths[1]}.");
        RefusesPart(paths[2], $"{paths[2]} is part 3 of 3 of a split model, but part 2 is missing: there is no {paths[1]}.");
        File.Copy(paths[2], paths[1]);
        RefusesPart(paths[0], $"{paths[1]}: split.no = 2, but by its name it should be 1.");
        File.Copy(WriteParts("other", 4)[1], paths[1], overwrite: true);
        RefusesPart(
            paths[0], $"{paths[1]}: split.no = 1 and split.count = 4, but a part of a model in 3 parts is needed: it is another model's.");
        File.Copy(_folder.Write("whole.gguf", new GgufModelDraft().Build()), paths[1], overwrite: true);
        RefusesPart(
            paths[2], $"{paths[1]}: split.no = -1 and split.count = 1, but a part of a model in 3 parts is needed: it is another model's.");

        // Of one number, but of another model: the tensors tell.
        File.WriteAllBytes(paths[1], new GgufModelDraft { Architecture = null }.Part(1, 3, ["token_embd.weight"]));
        RefusesPart(paths[0], $"The tensor token_embd.weight is in {paths[0]} and in {paths[1]}: they are parts of different models.");
        File.WriteAllBytes(paths[1], new GgufModelDraft { Architecture = null }.Part(1, 3, []));
        RefusesPart(paths[0], $"{paths[0]}: split.tensors.count = 21, but its 3 parts have 14: they are parts of different models.");
        File.WriteAllBytes(paths[1], second);
        string renamed = Path.Combine(Path.GetDirectoryName(paths[0])!, "renamed.gguf");
        File.Move(paths[0], renamed);
        RefusesPart(
            renamed,
            $"{renamed} is part 1 of 3 of a split model, but its name does not end in -00001-of-00003.gguf, by which the others are "
                + "found.");
        RefusesPart(paths[2], $"{paths[2]} is part 3 of 3 of a split model, but part 1 is missing: there is no {paths[0]}.");

        static void RefusesPart(string path, string message) =>
            Assert.Equal(message, Assert.Throws<ModelFormatException>(() => Checkpoint.Open(path)).Message);
    }

    [Fact]
    public void Dispose_ClosesTheFile()
    {
        string path = _folder.Write("m.gguf", new GgufModelDraft().Build());
        GgufCheckpoint checkpoint = GgufCheckpoint.Open(path);
        checkpoint.Dispose();
        checkpoint.Dispose();
        Assert.Throws<ObjectDisposedException>(() => checkpoint.TryGetTensor("output.weight", out _));
        using FileStream alone = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    private static GgufModelDraft WithHeads(int headDim, double theta) => new GgufModelDraft()
        .With("{arch}.attention.key_length", (uint)headDim).With("{arch}.attention.value_length", (uint)headDim)
        .With("{arch}.rope.freq_base", (float)theta);

    private GgufCheckpoint Open(GgufModelDraft draft) =>
        GgufCheckpoint.Open(_folder.Write(Guid.NewGuid().ToString("N") + ".gguf", draft.Build()));

    private string[] WriteParts(string name, int count)
    {
        string[] tensors = [.. new GgufModelDraft().Tensors.Keys];
        return
        [
            .. Enumerable.Range(0, count).Select(part => _folder.Write(
                $"{name}-{part + 1:D5}-of-{count:D5}.gguf",
                new GgufModelDraft { Architecture = part == 0 ? "llama" : null }.Part(
                    part, count, [.. tensors.Where((_, i) => i * count / tensors.Length == part)]))),
        ];
    }

    private void Refuses(GgufModelDraft draft, params string[] words)
    {
        string path = _folder.Write(Guid.NewGuid().ToString("N") + ".gguf", draft.Build());
        string message = Assert.Throws<ModelFormatException>(() => GgufCheckpoint.Open(path)).Message;
        foreach (string word in words)
            Assert.Contains(word, message);

        // A refused file is not left open.
        using FileStream alone = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }
}
