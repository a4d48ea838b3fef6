using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CsCheck;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Llama2c;
using Llamalith.Safetensors;
using Llamalith.Tools;

namespace Llamalith.Tests.Readers;

/// <summary>
/// Damaged files, thousands of each format: a reader either opens one, and then everything it offers can be touched, or it refuses
/// it with the errors that it documents. Nothing else may happen, neither another exception nor a read outside the file (the
/// bytes end where memory ends), nor a long wait, nor a large allocation.
/// </summary>
public sealed unsafe class CorruptFileTests : IDisposable
{
    private const int Cases = 10_000;
    private const int TimeoutMs = 300_000;

    private static readonly ModelShape AnyShape = new()
    {
        Dim = 8, FfnDim = 6, Layers = 2, Heads = 4, KvHeads = 2, HeadDim = 2, VocabSize = 5, Context = 16, TiedEmbeddings = false,
        NormEps = 1e-5, RopeTheta = 10000, RopeScaling = RopeScaling.None, RopeScalingFactor = 1, SlidingWindow = 0, QkvBias = false,
    };

    private static int s_touched;

    private readonly TempFolder _folder = new();
    private readonly GuardedBlock _sound = new(1 << 16);

    internal delegate void Reader(byte* data, long length);

    public void Dispose()
    {
        _folder.Dispose();
        _sound.Dispose();
    }

    [Fact(Timeout = TimeoutMs)]
    public Task Gguf_SurvivesRandomDamage() => Damage(GgufDraft.Sample().Build(), ReadGguf, TestContext.Current.CancellationToken);

    [Fact(Timeout = TimeoutMs)]
    public Task Gguf_SurvivesExtremesAnywhere() => Sweep(GgufDraft.Sample().Build(), ReadGguf, TestContext.Current.CancellationToken);

    [Fact(Timeout = TimeoutMs)]
    public Task GgufCheckpoint_SurvivesRandomDamage() => Damage(GgufModel(), ReadGgufCheckpoint, TestContext.Current.CancellationToken);

    [Fact(Timeout = TimeoutMs)]
    public Task GgufCheckpoint_SurvivesExtremesAnywhere()
    {
        byte[] model = GgufModel();
        using GgufFile file = GgufFile.Parse(_sound.Place(model), model.Length, "file");
        return Sweep(model, ReadGgufCheckpoint, TestContext.Current.CancellationToken, focus: (int)file.Tensors[0].Offset);
    }

    [Fact(Timeout = TimeoutMs)]
    public Task Safetensors_SurvivesRandomDamage() =>
        Damage(SafetensorsDraft.Sample(), ReadSafetensors, TestContext.Current.CancellationToken);

    [Fact(Timeout = TimeoutMs)]
    public Task Safetensors_SurvivesExtremesAnywhere() =>
        Sweep(SafetensorsDraft.Sample(), ReadSafetensors, TestContext.Current.CancellationToken);

    [Fact(Timeout = TimeoutMs)]
    public Task SafetensorsCheckpoint_SurvivesRandomDamage()
    {
        HuggingFaceDraft draft = new();
        byte[] config = Encoding.UTF8.GetBytes(draft.Config.ToJsonString());
        return Damage(draft.BuildTensors(draft.Tensors.Keys), Read, TestContext.Current.CancellationToken);

        void Read(byte* data, long length)
        {
            using SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.From(SafetensorsFile.Parse(data, length, "file"), config);
            Touch(checkpoint, data, length);
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public Task HuggingFaceConfig_SurvivesRandomDamage()
    {
        HuggingFaceDraft draft = new HuggingFaceDraft()
            .With("rope_scaling",
                """{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}""")
            .With("sliding_window", "64").With("layer_types", """["sliding_attention","sliding_attention"]""")
            .With("head_dim", "2").With("attention_bias", "false").With("rope_theta", "1e4");
        byte[] tensors = draft.BuildTensors(draft.Tensors.Keys);
        byte* start = _sound.Place(tensors);
        return Damage(Encoding.UTF8.GetBytes(draft.Config.ToJsonString()), Read, TestContext.Current.CancellationToken);

        void Read(byte* data, long length)
        {
            byte[] config = new ReadOnlySpan<byte>(data, (int)length).ToArray();
            using SafetensorsCheckpoint checkpoint =
                SafetensorsCheckpoint.From(SafetensorsFile.Parse(start, tensors.Length, "file"), config);
            Touch(checkpoint, start, tensors.Length);
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public Task SafetensorsIndex_SurvivesRandomDamage()
    {
        HuggingFaceDraft draft = new();
        _folder.Write("one.safetensors", draft.BuildTensors(["model.norm.weight"]));
        _folder.Write("two.safetensors", draft.BuildTensors(["lm_head.weight"]));
        byte[] index =
            """{"metadata":{"total_size":96},"weight_map":{"model.norm.weight":"one.safetensors","lm_head.weight":"two.safetensors"}}"""u8.ToArray();
        return Damage(index, Read, TestContext.Current.CancellationToken, cases: 1500);

        void Read(byte* data, long length)
        {
            _folder.Write(SafetensorsSet.IndexName, new ReadOnlySpan<byte>(data, (int)length));
            try
            {
                using SafetensorsSet set = SafetensorsSet.Open(_folder.Path);
                foreach (string name in set.Names)
                {
                    Assert.True(set.TryView(name, out TensorView view));
                    s_touched += view.Data[0] + view.Data[view.ByteLength - 1];
                }
            }
            catch (FileNotFoundException e)
            {
                // A damaged shard name.
                Assert.StartsWith(_folder.Path, e.FileName);
            }
        }
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public Task Llama2c_SurvivesRandomDamage(int version) => Damage(
        Llama2cDraft.Sample(version, shared: false).Bytes, ReadLlama2c, TestContext.Current.CancellationToken,
        focus: version == 0 ? 28 : 256);

    [Theory(Timeout = TimeoutMs)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public Task Llama2c_SurvivesExtremesAnywhere(int version) => Sweep(
        Llama2cDraft.Sample(version, shared: false).Bytes, ReadLlama2c, TestContext.Current.CancellationToken,
        focus: version == 0 ? 40 : 260);

    [Fact(Timeout = TimeoutMs)]
    public Task Packed_SurvivesRandomDamage() => Damage(PackedModel(), ReadPacked, TestContext.Current.CancellationToken);

    [Fact(Timeout = TimeoutMs)]
    public Task Packed_SurvivesExtremesAnywhere()
    {
        byte[] model = PackedModel();
        return Sweep(model, ReadPacked, TestContext.Current.CancellationToken, focus: model.AsSpan().IndexOf("token_embd.weight"u8) + 200);
    }

    private byte[] PackedModel()
    {
        using Checkpoint source = Checkpoint.Open(_folder.Write("source.gguf", GgufModel()));
        ModelPacker.Pack(source, _folder["model.llith"], new PackOptions { Target = "scalar", Threads = 1 });
        return File.ReadAllBytes(_folder["model.llith"]);
    }

    private static void ReadPacked(byte* data, long length)
    {
        using PackedCheckpoint checkpoint = PackedCheckpoint.From(GgufFile.Parse(data, length, "file"));
        s_touched += GgufTokenizerMetadata.Read(checkpoint.File)?.Tokens.Length ?? 0;
        checkpoint.EnsureMatches(AnyShape);
        IPackedWeights weights = checkpoint.Packed!;
        foreach (string name in checkpoint.CanonicalNames)
        {
            Assert.True(checkpoint.TryDescribe(name, out TensorInfo info));
            if (name == TensorNames.TokenEmbedding)
            {
                Assert.True(checkpoint.TryGetTensor(name, out TensorView view));
                Touch(view, data, length);
            }
            else if (info.Rows == 1)
                Inside((byte*)weights.Vector(name, (int)info.Columns), WeightPacker.VectorBytes(info.Columns));
            else if (name.EndsWith(LayerTensors.Gate.Stored, StringComparison.Ordinal))
                Inside(weights.Pair(name, name.Replace(LayerTensors.Gate.Stored, LayerTensors.Up.Stored), (int)info.Rows, (int)info.Columns)
                    .Data, info.ByteLength * 2);
            else if (!name.EndsWith(LayerTensors.Up.Stored, StringComparison.Ordinal))
                Inside(weights.Matrix(name, (int)info.Rows, (int)info.Columns).Data, info.ByteLength);
        }

        void Inside(byte* start, long bytes)
        {
            Assert.True(start >= data && bytes > 0 && bytes <= length - (start - data));
            s_touched += start[0] + start[bytes - 1];
        }
    }

    private static byte[] GgufModel() => new GgufModelDraft()
        .With("{arch}.rope.freq_base", 10000f)
        .With("{arch}.attention.key_length", 2u)
        .With("{arch}.attention.head_count_kv", GgufArrayContent.Of((int[])[2, 2]))
        .With("tokenizer.ggml.model", "llama")
        .With("tokenizer.ggml.tokens", GgufArrayContent.Of(["<unk>", "<s>", "</s>", "a", "b"]))
        .With("tokenizer.ggml.scores", GgufArrayContent.Of((float[])[0, 0, 0, -1, -2]))
        .With("tokenizer.ggml.token_type", GgufArrayContent.Of((int[])[2, 3, 3, 1, 1]))
        .With("tokenizer.ggml.bos_token_id", 1u)
        .With("{arch}.rope.scaling.original_context_length", 5u).WithTensor("rope_freqs.weight", 1, 1, 8f)
        .Build();

    private static void ReadGguf(byte* data, long length)
    {
        using GgufFile file = GgufFile.Parse(data, length, "file");
        foreach (string key in file.Metadata.Keys)
        {
            Assert.True(file.Metadata.TryGetValue(key, out GgufValue value));
            Touch(value);
        }

        foreach (GgufTensor tensor in file.Tensors)
        {
            if (tensor.Type is not null)
                Touch(file.View(tensor), data, length);
        }
    }

    private static void ReadGgufCheckpoint(byte* data, long length)
    {
        using GgufFile file = GgufFile.Parse(data, length, "file");
        using GgufCheckpoint checkpoint = GgufCheckpoint.From(file);
        Touch(checkpoint, data, length);
        s_touched += GgufTokenizerMetadata.Read(file)?.Tokens.Length ?? 0;
    }

    private static void ReadSafetensors(byte* data, long length)
    {
        using SafetensorsFile file = SafetensorsFile.Parse(data, length, "file");
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            if (tensor.Type is not null)
                Touch(file.View(tensor), data, length);
        }
    }

    private static void ReadLlama2c(byte* data, long length)
    {
        using Llama2cCheckpoint checkpoint = Llama2cCheckpoint.From(Llama2cFile.Parse(data, length, "file"));
        if (checkpoint.File.Header.GroupSize == 0)
        {
            Touch(checkpoint, data, length);
            return;
        }

        // Decoded, so elsewhere; all of the file has been read then.
        foreach (string name in checkpoint.CanonicalNames)
        {
            Assert.True(checkpoint.TryGetTensor(name, out TensorView view));
            Assert.True(checkpoint.TryDescribe(name, out TensorInfo info));
            Assert.Equal(new TensorInfo(view.Name, view.Type, view.Rows, view.Columns, view.ByteLength), info);
            Touch(view, view.Data, view.ByteLength);
        }
    }

    private static void Touch(Checkpoint checkpoint, byte* data, long length)
    {
        foreach (string name in checkpoint.CanonicalNames)
        {
            Assert.True(checkpoint.TryGetTensor(name, out TensorView view));
            Touch(view, data, length);
        }

        s_touched += checkpoint.KeyOf(nameof(ModelShape.HeadDim)).Length;
        checkpoint.EnsureMatches(AnyShape);
    }

    private static void Touch(in TensorView view, byte* data, long length)
    {
        Assert.True(view.Data >= data && view.ByteLength >= 0 && view.ByteLength <= length - (view.Data - data));
        Assert.Equal(TensorTypes.ByteLength(view.Type, view.Rows, view.Columns), view.ByteLength);
        if (view.ByteLength > 0)
            s_touched += view.Data[0] + view.Data[view.ByteLength - 1];
    }

    private static void Touch(GgufValue value)
    {
        s_touched += value.ToString().Length;
        if (!value.TryGetArray(out GgufArray array))
            return;
        foreach (GgufValue element in array.Values())
            Touch(element);
        if (array.ElementType == GgufValueType.String)
            s_touched += array.ToStrings().Length;
    }

    /// <summary>Random damage, by a property-based generator, which shrinks what fails.</summary>
    internal static Task Damage(
        byte[] original, Reader reader, CancellationToken cancellation, int cases = Cases, int focus = int.MaxValue) => Task.Run(
        () =>
        {
            // Damage that lengthens inserts at most 64 bytes in each of at most four places.
            using GuardedBlock block = new(original.Length + 512);
            Survives(block, original, reader, mustOpen: true);
            Mutation.Several.Sample(Survive, iter: cases, threads: 1);

            void Survive(Mutation[] mutations)
            {
                cancellation.ThrowIfCancellationRequested();
                Survives(block, Mutation.Apply(original, mutations, focus), reader, mustOpen: false);
            }
        },
        cancellation);

    /// <summary>Every extreme number, in 32 and in 64 bits, at every place.</summary>
    private static Task Sweep(byte[] original, Reader reader, CancellationToken cancellation, int focus = int.MaxValue) => Task.Run(
        () =>
        {
            using GuardedBlock block = new(original.Length);
            byte[] damaged = new byte[original.Length];
            for (int at = 0; at < Math.Min(focus, original.Length); at++)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (ulong extreme in Mutation.Extremes)
                {
                    for (int width = 4; width <= 8; width += 4)
                    {
                        original.CopyTo(damaged, 0);
                        BitConverter.GetBytes(extreme).AsSpan(0, Math.Min(width, damaged.Length - at)).CopyTo(damaged.AsSpan(at));
                        Survives(block, damaged, reader, mustOpen: false);
                    }
                }
            }
        },
        cancellation);

    private static void Survives(GuardedBlock block, byte[] bytes, Reader reader, bool mustOpen)
    {
        byte* start = block.Place(bytes);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long began = Stopwatch.GetTimestamp();
        try
        {
            reader(start, bytes.Length);
        }
        catch (ModelFormatException e) when (!mustOpen)
        {
            Assert.NotEmpty(e.Message);
            Assert.DoesNotContain(e.Message, char.IsControl);
        }
        catch (ModelMismatchException e)
        {
            Assert.NotEmpty(e.Message);
        }

        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10), "It took too long.");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 4_000_000, "It allocated too much.");
    }
}
