using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Safetensors;
using Llamalith.Tests.Tools;
using Llamalith.Tools;

namespace Llamalith.Tests.Readers;

/// <summary>Damaged adapters, and damaged texts of what was read of model files: they do what others do, or are refused.</summary>
public sealed unsafe class CorruptAdapterTests : IDisposable
{
    private const int TimeoutMs = 300_000;

    private static readonly ModelShape s_shape = new()
    {
        Dim = 8, FfnDim = 6, Layers = 2, Heads = 4, KvHeads = 2, HeadDim = 2, VocabSize = 5, Context = 16, TiedEmbeddings = false,
    };

    private static readonly byte[] s_config = Encoding.UTF8.GetBytes(
        """{"peft_type":"LORA","lora_alpha":4,"r":2,"bias":"none","use_rslora":false,"use_dora":false,"modules_to_save":null,"alpha_pattern":{"v_proj":8,".*q_proj":3}}""");

    private readonly GuardedBlock _sound = new(1 << 16);

    public void Dispose() => _sound.Dispose();

    [Fact(Timeout = TimeoutMs)]
    public Task GgufAdapter_SurvivesRandomDamage()
    {
        GgufModelDraft draft = new();
        draft.Metadata.Clear();
        draft.Tensors.Clear();
        float[] factor = [.. Enumerable.Range(1, 16).Select(static i => i / 16f)];
        byte[] adapter = draft
            .With("general.type", "adapter").With("adapter.type", "lora").With("adapter.lora.alpha", 4f)
            .WithTensor("blk.1.attn_v.weight.lora_a", 2, 8, factor).WithTensor("blk.1.attn_v.weight.lora_b", 4, 2, factor[..8])
            .WithTensor("blk.1.attn_q.weight.lora_a", 2, 8, factor).WithTensor("blk.1.attn_q.weight.lora_b", 8, 2, factor)
            .WithTensor("token_embd.weight.lora_a", 5, 2, factor[..10]).WithTensor("token_embd.weight.lora_b", 8, 2, factor)
            .Build();
        return CorruptFileTests.Damage(
            adapter, static (data, length) => Merge(() => GgufLora.Read(GgufFile.Parse(data, length, "file"))),
            TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = TimeoutMs)]
    public Task PeftAdapter_SurvivesRandomDamage() => CorruptFileTests.Damage(
        Factors(), static (data, length) => Merge(() => PeftLora.From(SafetensorsFile.Parse(data, length, "file"), s_config)),
        TestContext.Current.CancellationToken);

    [Fact(Timeout = TimeoutMs)]
    public Task PeftConfig_SurvivesRandomDamage()
    {
        byte[] factors = Factors();
        byte* start = _sound.Place(factors);
        return CorruptFileTests.Damage(
            s_config,
            (data, length) =>
            {
                byte[] config = new ReadOnlySpan<byte>(data, (int)length).ToArray();
                Merge(() => PeftLora.From(SafetensorsFile.Parse(start, factors.Length, "file"), config));
            },
            TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = TimeoutMs)]
    public Task Description_SurvivesRandomDamage()
    {
        using Checkpoint model = SmallModels.Memory(s_shape);
        return CorruptFileTests.Damage(
            Encoding.UTF8.GetBytes(ModelDescription.Of(model, "m.gguf").ToJson()),
            static (data, length) =>
            {
                string text = Encoding.UTF8.GetString(new ReadOnlySpan<byte>(data, (int)length));
                ModelDescription description = ModelDescription.Parse(text, "file");
                string again = description.ToJson();
                Assert.Equal(again, ModelDescription.Parse(again, "file").ToJson());
            },
            TestContext.Current.CancellationToken);
    }

    private static void Merge(Func<LoraAdapter> open)
    {
        using Checkpoint model = SmallModels.Memory(s_shape);
        using LoraAdapter adapter = open();
        using AdaptedCheckpoint adapted = new(model, adapter, 0.5);
        foreach (string name in adapter.Pairs.Keys)
        {
            Assert.True(adapted.TryGetTensor(name, out TensorView view));
            Assert.True(view.ByteLength > 0);
        }
    }

    private static byte[] Factors()
    {
        (string Name, int Rows, int Columns)[] tensors =
        [
            ("base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight", 2, 8),
            ("base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight", 8, 2),
            ("base_model.model.model.embed_tokens.lora_embedding_A", 2, 5),
            ("base_model.model.model.embed_tokens.lora_embedding_B", 8, 2),
        ];
        StringBuilder header = new("{");
        int at = 0;
        foreach ((string name, int rows, int columns) in tensors)
        {
            header.Append(
                $"{(at > 0 ? "," : "")}\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{rows},{columns}],\"data_offsets\":[{at},{at + (rows * columns * 4)}]}}");
            at += rows * columns * 4;
        }

        byte[] text = Encoding.UTF8.GetBytes(header.Append('}').ToString());
        byte[] data = [.. Enumerable.Range(0, at / 4).SelectMany(static i => BitConverter.GetBytes(i / 64f))];
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. data];
    }
}
