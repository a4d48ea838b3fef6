using System;
using System.IO;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Contracts;

namespace Llamalith.Tests.Readers;

public sealed unsafe class SafetensorsCheckpointTests : IDisposable
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
        NormEps = 1e-5,
        RopeTheta = 10000,
        RopeScaling = RopeScaling.None,
        SlidingWindow = 0,
        QkvBias = false,
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shape_IsTheConfigs()
    {
        using SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft());
        Assert.Equal(SampleShape, checkpoint.Shape);
        Assert.Equal(RopeLayout.HalfSplit, checkpoint.RopeLayout);
    }

    [Theory]
    [InlineData("model.embed_tokens.weight", "token_embd.weight", 5, 8)]
    [InlineData("model.norm.weight", "output_norm.weight", 1, 8)]
    [InlineData("lm_head.weight", "output.weight", 5, 8)]
    [InlineData("model.layers.1.input_layernorm.weight", "blk.1.attn_norm.weight", 1, 8)]
    [InlineData("model.layers.1.self_attn.q_proj.weight", "blk.1.attn_q.weight", 8, 8)]
    [InlineData("model.layers.1.self_attn.k_proj.weight", "blk.1.attn_k.weight", 4, 8)]
    [InlineData("model.layers.1.self_attn.v_proj.weight", "blk.1.attn_v.weight", 4, 8)]
    [InlineData("model.layers.1.self_attn.o_proj.weight", "blk.1.attn_output.weight", 8, 8)]
    [InlineData("model.layers.1.post_attention_layernorm.weight", "blk.1.ffn_norm.weight", 1, 8)]
    [InlineData("model.layers.1.mlp.gate_proj.weight", "blk.1.ffn_gate.weight", 6, 8)]
    [InlineData("model.layers.1.mlp.up_proj.weight", "blk.1.ffn_up.weight", 6, 8)]
    [InlineData("model.layers.1.mlp.down_proj.weight", "blk.1.ffn_down.weight", 8, 6)]
    [InlineData("model.layers.0.self_attn.q_proj.bias", "blk.0.attn_q.bias", 1, 8)]
    [InlineData("model.layers.0.self_attn.k_proj.bias", "blk.0.attn_k.bias", 1, 4)]
    [InlineData("model.layers.0.self_attn.v_proj.bias", "blk.0.attn_v.bias", 1, 4)]
    public void Tensors_HaveTheirCanonicalNames(string fileName, string canonical, long rows, long columns)
    {
        HuggingFaceDraft draft = new HuggingFaceDraft()
            .WithTensor("model.layers.0.self_attn.q_proj.bias", 8).WithTensor("model.layers.0.self_attn.k_proj.bias", 4)
            .WithTensor("model.layers.0.self_attn.v_proj.bias", 4);
        using SafetensorsCheckpoint checkpoint = Open(draft);
        TensorView view = checkpoint.GetTensor(canonical, rows, columns);
        Assert.Equal((fileName, TensorType.BF16), (view.Name, view.Type));
        Assert.Equal(draft.Tensors.Keys.ToList().IndexOf(fileName), *(ushort*)view.Data);
        Assert.Equal(draft.Tensors.Count, checkpoint.CanonicalNames.Count);
        Assert.True(checkpoint.Shape.QkvBias);
    }

    [Theory]
    [InlineData("Dim", "hidden_size")]
    [InlineData("FfnDim", "intermediate_size")]
    [InlineData("Layers", "num_hidden_layers")]
    [InlineData("Heads", "num_attention_heads")]
    [InlineData("KvHeads", "num_key_value_heads")]
    [InlineData("HeadDim", "hidden_size / num_attention_heads")]
    [InlineData("VocabSize", "vocab_size")]
    [InlineData("Context", "max_position_embeddings")]
    [InlineData("NormEps", "rms_norm_eps")]
    [InlineData("RopeTheta", "rope_theta")]
    [InlineData("RopeScaling", "rope_scaling")]
    [InlineData("RopeScalingFactor", "rope_scaling.factor")]
    [InlineData("RopeScalingLowFrequencyFactor", "rope_scaling.low_freq_factor")]
    [InlineData("RopeScalingHighFrequencyFactor", "rope_scaling.high_freq_factor")]
    [InlineData("RopeScalingOriginalContext", "rope_scaling.original_max_position_embeddings")]
    [InlineData("TiedEmbeddings", "tie_word_embeddings")]
    [InlineData("SlidingWindow", "sliding_window")]
    [InlineData("QkvBias", "attention_bias")]
    public void KeyOf_IsTheFilesOwnWord(string property, string key)
    {
        using SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft());
        Assert.Equal(key, checkpoint.KeyOf(property));
    }

    [Fact]
    public void EnsureMatches_NamesBothSides()
    {
        using SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft());
        checkpoint.EnsureMatches(SampleShape);
        Assert.Contains(
            "FfnDim = 7, but intermediate_size = 6",
            Assert.Throws<ModelMismatchException>(() => checkpoint.EnsureMatches(SampleShape with { FfnDim = 7 })).Message);
    }

    [Fact]
    public void Open_TakesShards()
    {
        HuggingFaceDraft draft = new();
        string path = draft.WriteTo(_folder);
        File.Delete(Path.Combine(path, "model.safetensors"));
        string[] names = [.. draft.Tensors.Keys];
        File.WriteAllBytes(Path.Combine(path, "m-1.safetensors"), draft.BuildTensors(names[..10]));
        File.WriteAllBytes(Path.Combine(path, "m-2.safetensors"), draft.BuildTensors(names[10..]));
        string map = string.Join(',', names.Select((n, i) => $"\"{n}\":\"m-{(i < 10 ? 1 : 2)}.safetensors\""));
        File.WriteAllText(Path.Combine(path, "model.safetensors.index.json"), "{\"weight_map\":{" + map + "}}");
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(path);
        Assert.Equal(2, checkpoint.Files.Files.Count);
        Assert.Equal(names.Length, checkpoint.CanonicalNames.Count);
        Assert.Equal(20, *(ushort*)checkpoint.GetTensor("blk.1.ffn_down.weight", 8, 6).Data);
        Assert.Equal(0, *(ushort*)checkpoint.GetTensor("token_embd.weight", 5, 8).Data);
    }

    [Fact]
    public void Open_TakesAFileWithItsConfigBesideIt()
    {
        string path = Path.Combine(new HuggingFaceDraft().WriteTo(_folder), "model.safetensors");
        using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(path);
        Assert.Equal(SampleShape, checkpoint.Shape);
        Assert.Equal(path, checkpoint.Path);
        Assert.False(checkpoint.TryGetTensor("absent", out _));
    }

    [Fact]
    public void Open_NamesAMissingConfig()
    {
        string path = new HuggingFaceDraft().WriteTo(_folder);
        File.Delete(Path.Combine(path, "config.json"));
        Assert.Contains("config.json does not exist", Assert.Throws<FileNotFoundException>(() => SafetensorsCheckpoint.Open(path)).Message);
        using FileStream alone = new(Path.Combine(path, "model.safetensors"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    [Fact]
    public void Defaults_AreThoseOfTheConfigurationClass()
    {
        using SafetensorsCheckpoint checkpoint =
            Open(new HuggingFaceDraft().Without("num_key_value_heads").Without("rms_norm_eps").With("rope_scaling", "null"));
        Assert.Equal(SampleShape with { KvHeads = 4, NormEps = 1e-6 }, checkpoint.Shape);
    }

    [Fact]
    public void HeadDim_MayBeStated()
    {
        using SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft().With("head_dim", "6"));
        Assert.Equal((6, "head_dim"), (checkpoint.Shape.HeadDim, checkpoint.KeyOf("HeadDim")));
        using SafetensorsCheckpoint without = Open(new HuggingFaceDraft().With("head_dim", "null"));
        Assert.Equal(2, without.Shape.HeadDim);
    }

    [Fact]
    public void TiedEmbeddings_AreTheConfigsElseThoseWithoutAClassifier()
    {
        HuggingFaceDraft tied = new HuggingFaceDraft().With("tie_word_embeddings", "true");
        using (SafetensorsCheckpoint checkpoint = Open(tied))
        {
            Assert.True(checkpoint.Shape.TiedEmbeddings);
            Assert.DoesNotContain("output.weight", checkpoint.CanonicalNames);
        }

        using (SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft().Without("tie_word_embeddings")))
            Assert.False(checkpoint.Shape.TiedEmbeddings);

        HuggingFaceDraft without = new();
        without.Tensors.Remove("lm_head.weight");
        Refuses(without, "tie_word_embeddings = false", "lm_head.weight");
        using (SafetensorsCheckpoint checkpoint = Open(without.Without("tie_word_embeddings")))
            Assert.True(checkpoint.Shape.TiedEmbeddings);
    }

    [Fact]
    public void QkvBias_MayBeTheConfigs()
    {
        using SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft().With("attention_bias", "true"));
        Assert.True(checkpoint.Shape.QkvBias);
    }

    [Theory]
    [InlineData("""{"rope_type":"default"}""", RopeScaling.None, null)]
    [InlineData("""{"type":"linear","factor":4.0}""", RopeScaling.Linear, 4.0)]
    [InlineData(
        """{"rope_type":"llama3","factor":8,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}""",
        RopeScaling.Llama3, 8.0)]
    public void RopeScaling_IsTheConfigs(string json, RopeScaling scaling, double? factor)
    {
        using SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft().With("rope_scaling", json).With("rope_theta", "500000.0"));
        Assert.Equal(
            (scaling, factor, 500000.0), (checkpoint.Shape.RopeScaling, checkpoint.Shape.RopeScalingFactor, checkpoint.Shape.RopeTheta));
    }

    [Fact]
    public void RopeScaling_NumbersAreComparedWithTheClass()
    {
        using SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft().With(
            "rope_scaling",
            """{"rope_type":"llama3","factor":4,"low_freq_factor":2.0,"high_freq_factor":5.0,"original_max_position_embeddings":77}"""));
        ModelShape shape = checkpoint.Shape;
        Assert.Equal(
            (2.0, 5.0, 77), (shape.RopeScalingLowFrequencyFactor, shape.RopeScalingHighFrequencyFactor, shape.RopeScalingOriginalContext));
        checkpoint.EnsureMatches(shape);
        string message = Assert.Throws<ModelMismatchException>(
            () => checkpoint.EnsureMatches(shape
                with { RopeScalingLowFrequencyFactor = 1, RopeScalingHighFrequencyFactor = 4, RopeScalingOriginalContext = 8192 })).Message;
        Assert.Contains("RopeScalingLowFrequencyFactor = 1, but rope_scaling.low_freq_factor = 2;", message);
        Assert.Contains("RopeScalingHighFrequencyFactor = 4, but rope_scaling.high_freq_factor = 5;", message);
        Assert.Contains("RopeScalingOriginalContext = 8192, but rope_scaling.original_max_position_embeddings = 77.", message);
    }

    [Fact]
    public void RopeScaling_MayHaveItsNewName()
    {
        using SafetensorsCheckpoint checkpoint =
            Open(new HuggingFaceDraft().With("rope_parameters", """{"rope_type":"linear","factor":2.0,"rope_theta":1e6}"""));
        Assert.Equal(
            (RopeScaling.Linear, 2.0, 1e6), (checkpoint.Shape.RopeScaling, checkpoint.Shape.RopeScalingFactor, checkpoint.Shape.RopeTheta));
        Assert.Equal("rope_parameters.factor", checkpoint.KeyOf("RopeScalingFactor"));
    }

    [Theory]
    [InlineData("""{"rope_type":"dynamic","factor":4.0}""", "rope_type = dynamic")]
    [InlineData("""{"rope_type":"llama3"}""", "rope_scaling.factor is missing")]
    [InlineData("""{"rope_type":"llama3","factor":8,"high_freq_factor":4,"original_max_position_embeddings":9}""",
        "rope_scaling.low_freq_factor is missing")]
    [InlineData("""{"rope_type":"llama3","factor":8,"low_freq_factor":1,"original_max_position_embeddings":9}""",
        "rope_scaling.high_freq_factor is missing")]
    [InlineData("""{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4}""",
        "rope_scaling.original_max_position_embeddings is missing")]
    [InlineData("""{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4,"original_max_position_embeddings":9}""",
        "rope_scaling.high_freq_factor = 4 must be greater than rope_scaling.low_freq_factor = 4")]
    [InlineData("""{"rope_type":"llama3","factor":8,"low_freq_factor":0,"high_freq_factor":4,"original_max_position_embeddings":9}""",
        "rope_scaling.low_freq_factor = 0")]
    [InlineData("""{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":0}""",
        "rope_scaling.original_max_position_embeddings = 0")]
    [InlineData("""{"rope_type":"linear","factor":0}""", "rope_scaling.factor = 0")]
    [InlineData("""{"rope_type":"linear","factor":1e999}""", "rope_scaling.factor = Infinity")]
    [InlineData("""{"rope_type":"linear","factor":"4"}""", "factor = \"4\", but a number")]
    [InlineData("""{"factor":4.0}""", "neither rope_type nor type")]
    [InlineData("""{"rope_type":7}""", "rope_type is Number")]
    [InlineData("""{"rope_type":"default","partial_rotary_factor":0.5}""", "partial_rotary_factor turns 1")]
    [InlineData("7", "rope_scaling is no object")]
    public void RopeScaling_IsRefusedWhereItCannotBeRun(string json, string words) =>
        Refuses(new HuggingFaceDraft().With("rope_scaling", json), words);

    [Theory]
    [InlineData("llama", "null", null, 0)]
    [InlineData("mistral", "4096", null, 4096)]
    [InlineData("mistral", "null", null, 0)]
    [InlineData("mistral", null, null, null)]
    [InlineData("mistral", "4096", false, 0)]
    [InlineData("qwen2", "32768", false, 0)]
    [InlineData("qwen2", "32768", null, 0)]
    [InlineData("qwen2", null, null, 0)]
    public void SlidingWindow_IsTheConfigs(string kind, string? window, bool? use, int? expected)
    {
        HuggingFaceDraft draft = new HuggingFaceDraft().With("model_type", $"\"{kind}\"");
        if (window is not null)
            draft.With("sliding_window", window);
        if (use is not null)
            draft.With("use_sliding_window", use.Value ? "true" : "false");
        using SafetensorsCheckpoint checkpoint = Open(draft);
        Assert.Equal(expected, checkpoint.Shape.SlidingWindow);
    }

    [Fact]
    public void SlidingWindow_MayDifferBetweenLayers()
    {
        HuggingFaceDraft Windowed() =>
            new HuggingFaceDraft().With("model_type", "\"qwen2\"").With("use_sliding_window", "true").With("sliding_window", "64");
        using (SafetensorsCheckpoint checkpoint = Open(Windowed().With("max_window_layers", "0")))
            Assert.Equal(64, checkpoint.Shape.SlidingWindow);
        using (SafetensorsCheckpoint checkpoint = Open(Windowed().With("layer_types", """["sliding_attention","sliding_attention"]""")))
            Assert.Equal(64, checkpoint.Shape.SlidingWindow);
        using (SafetensorsCheckpoint checkpoint = Open(Windowed().With("max_window_layers", "2")))
            Assert.Equal((0, null), (checkpoint.Shape.SlidingWindow, checkpoint.Shape.LayerPattern));
        foreach ((string key, string value) in ((string, string)[])
            [
                ("max_window_layers", "1"), ("layer_types", """["full_attention","sliding_attention"]"""),
                ("sliding_window_pattern", "\"GL\""),
                ("sliding_window_pattern", "[false,true]"),
            ])
        {
            using SafetensorsCheckpoint checkpoint = Open(Windowed().With(key, value));
            Assert.Equal((64, "GL"), (checkpoint.Shape.SlidingWindow, checkpoint.Shape.LayerPattern));
        }

        Refuses(Windowed().With("layer_types", """["full_attention","chunked_attention"]"""), "layer_types has chunked_attention");
        Refuses(Windowed().With("layer_types", "[1,1]"), "layer_types is Number");
        Refuses(Windowed().With("layer_types", """["full_attention"]"""), "layer_types is no list of 2 layers");
        Refuses(Windowed().With("sliding_window_pattern", "\"GX\""), "sliding_window_pattern = GX");
        Refuses(Windowed().With("sliding_window_pattern", "-2"), "sliding_window_pattern = -2");
        Refuses(new HuggingFaceDraft().With("sliding_window", "-1"), "sliding_window = -1");
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.q_norm.weight")]
    [InlineData("model.layers.0.self_attn.o_proj.bias")]
    [InlineData("model.layers.0.block_sparse_moe.gate.weight")]
    [InlineData("model.layers.01.input_layernorm.weight")]
    [InlineData("layers.0.input_layernorm.weight")]
    [InlineData("blk.0.attn_q.weight")]
    [InlineData("model.norm.bias")]
    public void Refuses_TensorsThatAreNoPartOfALlama(string name) =>
        Refuses(new HuggingFaceDraft().WithTensor(name, 4), name, "no part of a Llama model");

    [Theory]
    [InlineData("model.rotary_emb.inv_freq")]
    [InlineData("model.layers.1.self_attn.rotary_emb.inv_freq")]
    public void Tensors_ThatFollowFromTheRestAreLeftOut(string name)
    {
        using SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft().WithTensor(name, 4));
        Assert.Equal(21, checkpoint.CanonicalNames.Count);
    }

    [Fact]
    public void Refuses_TensorsOfLayersThereAreNone() => Refuses(
        new HuggingFaceDraft().WithTensor("model.layers.2.input_layernorm.weight", 8),
        "model.layers.2.input_layernorm.weight, but num_hidden_layers = 2");

    [Theory]
    [InlineData("hidden_size")]
    [InlineData("intermediate_size")]
    [InlineData("num_hidden_layers")]
    [InlineData("num_attention_heads")]
    [InlineData("vocab_size")]
    [InlineData("max_position_embeddings")]
    [InlineData("model_type")]
    public void Refuses_AMissingKey(string key)
    {
        Refuses(new HuggingFaceDraft().Without(key), key + " is missing");
        Refuses(new HuggingFaceDraft().With(key, "null"), key + " is missing");
    }

    [Theory]
    [InlineData("hidden_size")]
    [InlineData("intermediate_size")]
    [InlineData("num_hidden_layers")]
    [InlineData("num_attention_heads")]
    [InlineData("num_key_value_heads")]
    [InlineData("head_dim")]
    [InlineData("vocab_size")]
    [InlineData("max_position_embeddings")]
    public void Refuses_SizesThatAreNone(string key)
    {
        Refuses(new HuggingFaceDraft().With(key, "0"), key);
        Refuses(new HuggingFaceDraft().With(key, "-1"), key);
        Refuses(new HuggingFaceDraft().With(key, "4294967296"), key, "an integer of 32 bits");
        Refuses(new HuggingFaceDraft().With(key, "8.5"), key, "an integer of 32 bits");
        Refuses(new HuggingFaceDraft().With(key, "\"8\""), key, "an integer of 32 bits");
        Refuses(new HuggingFaceDraft().With(key, "[8]"), key, "an integer of 32 bits");
    }

    [Fact]
    public void Refuses_SizesThatDoNotFit()
    {
        Refuses(new HuggingFaceDraft().With("num_attention_heads", "3"), "hidden_size = 8 is no multiple of num_attention_heads = 3");
        Refuses(new HuggingFaceDraft().With("num_key_value_heads", "3"),
            "num_attention_heads = 4 is no multiple of num_key_value_heads = 3");
        Refuses(new HuggingFaceDraft().With("head_dim", "3"), "head_dim = 3 is odd");
        Refuses(new HuggingFaceDraft().With("rms_norm_eps", "0"), "rms_norm_eps = 0");
        Refuses(new HuggingFaceDraft().With("rope_theta", "-1"), "rope_theta = -1");
    }

    [Fact]
    public void Refuses_WhatCannotBeRun()
    {
        Refuses(new HuggingFaceDraft().With("model_type", "\"cohere2\""), "model_type = cohere2, but only llama, mistral, qwen2, ");
        Refuses(new HuggingFaceDraft().With("model_type", "\"qwen3_moe\""), "model_type = qwen3_moe, but only llama, mistral, qwen2, ");
        Refuses(new HuggingFaceDraft().With("model_type", "\"stablelm\""), "model_type = stablelm, but only llama, mistral, qwen2, ");
        Refuses(new HuggingFaceDraft().With("hidden_act", "\"relu2\""), "hidden_act = relu2");
        Refuses(new HuggingFaceDraft().With("quantization_config", "{}"), "quantization_config");
        Refuses(new HuggingFaceDraft().With("partial_rotary_factor", "1.5"), "partial_rotary_factor = 1.5");
        Refuses(new HuggingFaceDraft().With("tie_word_embeddings", "1"), "tie_word_embeddings = 1, but true or false");
    }

    [Fact]
    public void Advise_ReachesTheFile()
    {
        using SafetensorsCheckpoint checkpoint = Open(new HuggingFaceDraft());
        Assert.Equal(
            OperatingSystem.IsLinux(), checkpoint.Advise(checkpoint.GetTensor("blk.0.attn_q.weight", 8, 8), MemoryAdvice.WillNeed));
    }

    [Fact]
    public void Dispose_ClosesTheFiles()
    {
        string path = new HuggingFaceDraft().WriteTo(_folder);
        SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(path);
        checkpoint.Dispose();
        checkpoint.Dispose();
        Assert.Throws<ObjectDisposedException>(() => checkpoint.TryGetTensor("output.weight", out _));
        using FileStream alone = new(Path.Combine(path, "model.safetensors"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    private SafetensorsCheckpoint Open(HuggingFaceDraft draft) => SafetensorsCheckpoint.Open(draft.WriteTo(_folder));

    private void Refuses(HuggingFaceDraft draft, params string[] words)
    {
        string path = draft.WriteTo(_folder);
        string message = Assert.Throws<ModelFormatException>(() => SafetensorsCheckpoint.Open(path)).Message;
        foreach (string word in words)
            Assert.Contains(word, message);

        // A refused file is not left open.
        using FileStream alone = new(Path.Combine(path, "model.safetensors"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }
}
