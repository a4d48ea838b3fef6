using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tests.Readers;
using Llamalith.Tools;

namespace Llamalith.Tests.Tools;

public sealed unsafe class ModelPackerTests : IDisposable
{
    private static readonly PackOptions s_options = new() { Target = "avx2", Threads = 2 };

    private readonly TempFolder _folder = new();

    public static TheoryData<QuantizationPreset> Presets => [.. Enum.GetValues<QuantizationPreset>()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Presets))]
    public void Packed_BindsToWhatPackingAtLoadGives(QuantizationPreset preset)
    {
        using Checkpoint source = Checkpoint.Open(Quantized(preset, SmallModels.Shape with { QkvBias = true }));
        AssertBindsAlike(source, Packed(source), RopeLayout.Interleaved);
    }

    [Theory]
    [InlineData(RopeLayout.Interleaved, RopeLayout.Interleaved)]
    [InlineData(RopeLayout.HalfSplit, RopeLayout.Interleaved)]
    [InlineData(RopeLayout.HalfSplit, RopeLayout.HalfSplit)]
    [InlineData(RopeLayout.Interleaved, RopeLayout.HalfSplit)]
    public void Packed_HasTheRowsOfHeadsInTheEnginesOrder(RopeLayout file, RopeLayout engine)
    {
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape with { QkvBias = true, TiedEmbeddings = true }, file);
        AssertBindsAlike(source, Packed(source, s_options with { RopeLayout = engine }), engine);
    }

    [Fact]
    public void Packed_IsTheSameModel()
    {
        ModelShape shape = SmallModels.Shape with
        {
            SlidingWindow = 9,
            RopeScaling = RopeScaling.Llama3,
            RopeScalingFactor = 2,
            RopeScalingLowFrequencyFactor = 1.5,
            RopeScalingHighFrequencyFactor = 3,
            RopeScalingOriginalContext = 77,
        };
        using Checkpoint source = Checkpoint.Open(Quantized(QuantizationPreset.Q4_0, shape));
        using Checkpoint packed = Checkpoint.Open(Packed(source));
        PackedCheckpoint opened = Assert.IsType<PackedCheckpoint>(packed);
        Assert.Equal(source.Shape, packed.Shape);
        Assert.Equal(source.CanonicalNames.Order(StringComparer.Ordinal), packed.CanonicalNames.Order(StringComparer.Ordinal));
        Assert.Equal(("avx2", WeightPacker.Layout), (opened.Target, opened.Layout));
        Assert.Equal(GgufTokenizerMetadata.Read(((GgufCheckpoint)source).File)!.Tokens, GgufTokenizerMetadata.Read(opened.File)!.Tokens);
        Assert.True(source.TryGetTensor(TensorNames.TokenEmbedding, out TensorView theirs));
        Assert.True(packed.TryGetTensor(TensorNames.TokenEmbedding, out TensorView mine));
        Assert.True(new ReadOnlySpan<byte>(theirs.Data, (int)theirs.ByteLength)
            .SequenceEqual(new ReadOnlySpan<byte>(mine.Data, (int)mine.ByteLength)));
        foreach (string name in source.CanonicalNames.Where(name => !name.Contains("_norm", StringComparison.Ordinal)))
        {
            Assert.True(source.TryDescribe(name, out TensorInfo before));
            Assert.True(packed.TryDescribe(name, out TensorInfo after));
            Assert.Equal((before.Type, before.Rows, before.Columns), (after.Type, after.Rows, after.Columns));
        }
    }

    [Fact]
    public void Packed_LiesOnPages()
    {
        using Checkpoint source = Checkpoint.Open(Quantized(QuantizationPreset.Q8_0, SmallModels.Shape));
        using PackedCheckpoint packed = PackedCheckpoint.Open(Packed(source));
        Assert.All(packed.File.Tensors, tensor => Assert.Equal(0, tensor.Offset % 4096));
    }

    [Fact]
    public void Packed_GivesNoEngineFloatsThatItDoesNotKnow()
    {
        using Checkpoint source = Checkpoint.Open(Quantized(QuantizationPreset.F16, SmallModels.Shape));
        string path = Packed(source, s_options with { Formats = new[] { TensorType.F32 }.ToHashSet() });
        using PackedCheckpoint packed = PackedCheckpoint.Open(path);
        Assert.True(packed.TryDescribe("blk.0.attn_q.weight", out TensorInfo info));
        Assert.Equal(TensorType.F32, info.Type);
        Assert.Contains("add WeightFormat.F16", Assert.Throws<ModelMismatchException>(
            () => Packed(source, s_options with { Formats = new[] { TensorType.Q8_0 }.ToHashSet() })).Message);
    }

    [Fact]
    public void Packed_IsRefusedByWhatReadsWeights()
    {
        using Checkpoint source = Checkpoint.Open(Quantized(QuantizationPreset.Q4_0, SmallModels.Shape));
        using Checkpoint packed = Checkpoint.Open(Packed(source));
        Assert.Contains(
            "packed for engines", Assert.Throws<ModelFormatException>(() => packed.TryGetTensor("blk.0.attn_q.weight", out _)).Message);
        Assert.Contains("packed already",
            Assert.Throws<ModelFormatException>(() => ModelPacker.Pack(packed, _folder["again.llith"], s_options)).Message);
        Assert.Contains("llith", Assert.Throws<ModelFormatException>(() => GgufCheckpoint.Open(packed.Path)).Message);
    }

    [Fact]
    public void Packed_IsRefusedByAnotherModelsEngine()
    {
        using Checkpoint source = Checkpoint.Open(Quantized(QuantizationPreset.Q4_0, SmallModels.Shape));
        using Checkpoint packed = Checkpoint.Open(Packed(source));
        Assert.Contains("Layers = 3, but llith.shape.Layers = 2",
            Assert.Throws<ModelMismatchException>(() => packed.EnsureMatches(SmallModels.Shape with { Layers = 3 })).Message);
        using WeightBinder binder = new(packed, "Mine", [TensorType.Q4_0], new LoadOptions());
        RowOrder other = RowOrder.Between(RopeLayout.Interleaved, RopeLayout.HalfSplit, 64);
        Assert.Contains("RopeLayout = Interleaved",
            Assert.Throws<ModelMismatchException>(() => binder.Matrix("blk.0.attn_q.weight", 256, 256, other)).Message);
        Assert.Contains("[256, 256]", Assert.Throws<ModelMismatchException>(() => binder.Matrix("blk.0.attn_q.weight", 128, 256)).Message);
        Assert.Contains("missing", Assert.Throws<ModelMismatchException>(() => binder.Matrix("blk.7.attn_q.weight", 256, 256)).Message);
        using WeightBinder narrow = new(packed, "Mine", [TensorType.Q8_0], new LoadOptions());
        Assert.Contains(
            "add WeightFormat.Q4_0", Assert.Throws<ModelMismatchException>(() => narrow.Matrix("blk.0.attn_q.weight", 256, 256)).Message);
    }

    [Fact]
    public void Packed_IsRefusedByKernelsOfAnotherLayout()
    {
        using Checkpoint source = Checkpoint.Open(Quantized(QuantizationPreset.Q4_0, SmallModels.Shape));
        byte[] bytes = File.ReadAllBytes(Packed(source));
        byte[] layout = Encoding.UTF8.GetBytes(WeightPacker.Layout);
        int at = bytes.AsSpan().IndexOf(layout);
        bytes[at + layout.Length - 1]++;
        using Checkpoint packed = Checkpoint.Open(_folder.Write("other.llith", bytes));
        string message =
            Assert.Throws<ModelMismatchException>(() => new WeightBinder(packed, "Mine", [TensorType.Q4_0], new LoadOptions())).Message;
        Assert.Contains("packed for avx2 in the layout panels-32/2", message);
        Assert.Contains($"read {WeightPacker.Layout}", message);
    }

    [Fact]
    public void Verify_FindsEveryFlippedBit()
    {
        using Checkpoint source = Checkpoint.Open(Quantized(QuantizationPreset.Q4_K_M, SmallModels.Shape));
        byte[] sound = File.ReadAllBytes(Packed(source));
        using (PackedCheckpoint packed = PackedCheckpoint.Open(_folder.Write("sound.llith", sound)))
            packed.Verify(2, TestContext.Current.CancellationToken);
        Random random = new(3);
        for (int i = 0; i < 300; i++)
        {
            int at = random.Next(sound.Length);
            byte[] damaged = [.. sound];
            damaged[at] ^= (byte)(1 << random.Next(8));
            string path = _folder.Write("damaged.llith", damaged);
            Exception? found = Record.Exception(() =>
            {
                using PackedCheckpoint packed = PackedCheckpoint.Open(path);
                packed.Verify(1, TestContext.Current.CancellationToken);
            });

            // Behind the digest there is padding up to the end of the page, which nothing reads.
            if (found is null)
                Assert.True(at >= sound.Length - 4096, $"Byte {at} of {sound.Length} was changed unseen.");
            else
                Assert.IsType<ModelFormatException>(found);
        }
    }

    [Fact]
    public void Pack_LeavesNothingBehindWhenItIsStopped()
    {
        using Checkpoint source = Checkpoint.Open(Quantized(QuantizationPreset.Q8_0, SmallModels.Shape));
        using CancellationTokenSource stop = new();
        Progress progress = new(share =>
        {
            if (share > 0.3)
                stop.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(
            () => ModelPacker.Pack(source, _folder["out.llith"], s_options with { Cancellation = stop.Token, Progress = progress }));
        Assert.Empty(Directory.GetFiles(_folder.Path, "out*"));
    }

    [Fact]
    public void Pack_EmbedsATokenizerThatIsNoPartOfTheModel()
    {
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape);
        GgufTokenizerMetadata tokenizer = SmallModels.Tokenizer(SmallModels.Shape.VocabSize);
        using PackedCheckpoint packed = PackedCheckpoint.Open(Packed(source, s_options with { Tokenizer = tokenizer }));
        Assert.Equal(tokenizer.Tokens, GgufTokenizerMetadata.Read(packed.File)!.Tokens);
    }

    private string Quantized(QuantizationPreset preset, ModelShape shape)
    {
        using MemoryCheckpoint memory = SmallModels.Memory(shape);
        string path = _folder[$"{preset}.gguf"];
        ModelQuantizer.Quantize(memory, path, preset, new QuantizeOptions { Tokenizer = SmallModels.Tokenizer(shape.VocabSize) });
        return path;
    }

    private string Packed(Checkpoint source, PackOptions? options = null)
    {
        string path = _folder["packed.llith"];
        ModelPacker.Pack(source, path, options ?? s_options);
        return path;
    }

    // Everything that a generated class binds, from the source and from the packed file: the same bytes.
    private static void AssertBindsAlike(Checkpoint source, string path, RopeLayout engine)
    {
        using PackedCheckpoint packed = PackedCheckpoint.Open(path);
        packed.Verify(2, TestContext.Current.CancellationToken);
        Assert.Equal(engine, packed.RopeLayout);
        TensorType[] formats = [.. Enum.GetValues<TensorType>().Where(TensorTypes.HasKernels)];
        using WeightBinder atLoad = new(source, "Mine", formats, new LoadOptions { Threads = 2 });
        double reported = 0;
        using WeightBinder ahead =
            new(packed, "Mine", formats, new LoadOptions { Threads = 2, Progress = new Progress(share => reported = share) });
        ModelShape shape = source.Shape;
        RowOrder order = RowOrder.Between(source.RopeLayout, engine, shape.HeadDim);
        for (int round = 0; round < 2; round++)
        {
            for (int layer = 0; layer < shape.Layers; layer++)
            {
                Vector(TensorNames.OfLayer(layer, LayerTensors.AttentionNorm.Stored), shape.Dim);
                Matrix(TensorNames.OfLayer(layer, LayerTensors.Query.Stored), shape.QueryDim, shape.Dim, order);
                Matrix(TensorNames.OfLayer(layer, LayerTensors.Key.Stored), shape.KvDim, shape.Dim, order);
                Matrix(TensorNames.OfLayer(layer, LayerTensors.Value.Stored), shape.KvDim, shape.Dim);
                if (shape.QkvBias == true)
                {
                    Vector(TensorNames.OfLayer(layer, LayerTensors.QueryBias.Stored), shape.QueryDim, order);
                    Vector(TensorNames.OfLayer(layer, LayerTensors.ValueBias.Stored), shape.KvDim);
                }

                Matrix(TensorNames.OfLayer(layer, LayerTensors.AttentionOutput.Stored), shape.Dim, shape.QueryDim);
                string gate = TensorNames.OfLayer(layer, LayerTensors.Gate.Stored), up = TensorNames.OfLayer(layer, LayerTensors.Up.Stored);
                Same(atLoad.Pair(gate, up, shape.FfnDim, shape.Dim), ahead.Pair(gate, up, shape.FfnDim, shape.Dim),
                    WeightPacker.PairPanels(shape.FfnDim), shape.Dim, gate);
                Matrix(TensorNames.OfLayer(layer, LayerTensors.Down.Stored), shape.Dim, shape.FfnDim);
            }

            Vector(TensorNames.FinalNorm, shape.Dim);
            Matrix(shape.TiedEmbeddings ? TensorNames.TokenEmbedding : TensorNames.Classifier, shape.VocabSize, shape.Dim);
            if (round == 0)
            {
                atLoad.Allocate();
                ahead.Allocate();
                Assert.Equal(atLoad.Bytes, ahead.Bytes);
                Assert.Equal(1, reported);
            }
        }

        void Vector(string name, int length, RowOrder rows = default)
        {
            float* mine = atLoad.Vector(name, length, rows), theirs = ahead.Vector(name, length);
            if (mine is not null)
                Assert.True(new ReadOnlySpan<float>(mine, length).SequenceEqual(new ReadOnlySpan<float>(theirs, length)), name);
        }

        void Matrix(string name, int rows, int columns, RowOrder rowOrder = default) =>
            Same(atLoad.Matrix(name, rows, columns, rowOrder), ahead.Matrix(name, rows, columns), WeightPacker.Panels(rows), columns, name);

        static void Same(PackedMatrix mine, PackedMatrix theirs, int panels, int columns, string name)
        {
            Assert.Equal(mine.Type, theirs.Type);
            if (mine.Data is null)
                return;
            Assert.Equal(mine.Unit, theirs.Unit);
            int bytes = checked((int)(panels * WeightPacker.PanelBytes(mine.Type, columns)));
            Assert.True(new ReadOnlySpan<byte>(mine.Data, bytes).SequenceEqual(new ReadOnlySpan<byte>(theirs.Data, bytes)), name);
        }
    }

    private sealed class Progress(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
