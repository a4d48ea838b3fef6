using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tests.Readers;
using Llamalith.Tools;

namespace Llamalith.Tests.Tools;

public sealed class ModelQuantizerTests
{
    public static TheoryData<QuantizationPreset> Presets => [.. Enum.GetValues<QuantizationPreset>()];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Quantize_WritesEveryTensorInItsType(QuantizationPreset preset)
    {
        using TempFolder folder = new();
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape);
        ModelQuantizer.Quantize(source, folder["out.gguf"], preset);
        using GgufCheckpoint result = GgufCheckpoint.Open(folder["out.gguf"]);
        result.EnsureMatches(SmallModels.Shape);
        Assert.Equal(source.CanonicalNames.Order(), result.CanonicalNames.Order());
        Assert.Equal(TensorMix.FileType(preset), result.File.Metadata.GetInteger("general.file_type"));
        foreach (string name in source.CanonicalNames)
        {
            Assert.True(source.TryGetTensor(name, out TensorView before));
            Assert.True(result.TryGetTensor(name, out TensorView after));
            Assert.Equal((before.Rows, before.Columns), (after.Rows, after.Columns));
            Assert.Equal(TensorMix.Choose(preset, SmallModels.Shape, name, before.Rows, before.Columns), after.Type);
            Assert.Equal(Quantized(before, after.Type), BytesOf(after));
        }
    }

    [Fact]
    public void Quantize_CarriesAGgufFilesMetadataOver()
    {
        using TempFolder folder = new();
        GgufTokenizerMetadata tokenizer = SmallModels.Tokenizer(SmallModels.Shape.VocabSize);
        WriteGgufWithExtras(folder["in.gguf"], tokenizer);
        using GgufCheckpoint source = GgufCheckpoint.Open(folder["in.gguf"]);
        ModelQuantizer.Quantize(source, folder["out.gguf"], QuantizationPreset.Q4_K_M);
        using GgufCheckpoint result = GgufCheckpoint.Open(folder["out.gguf"]);
        Assert.Equal(source.Shape, result.Shape);

        // The alignment is each file's own business, and the mix is what was asked for.
        string[] keys = [.. source.File.Metadata.Keys.Where(key => key != "general.alignment").Order()];
        Assert.Equal(keys, result.File.Metadata.Keys.Order());
        foreach (string key in keys.Where(key => key != "general.file_type"))
        {
            source.File.Metadata.TryGetValue(key, out GgufValue before);
            result.File.Metadata.TryGetValue(key, out GgufValue after);
            Assert.Equal((before.Type, before.ToString()), (after.Type, after.ToString()));
        }

        GgufTokenizerMetadata read = GgufTokenizerMetadata.Read(result.File)!;
        Assert.Equal(tokenizer.Tokens, read.Tokens);
        Assert.Equal(tokenizer.Scores, read.Scores);
        Assert.Equal(tokenizer.TokenTypes, read.TokenTypes);
        Assert.Equal(tokenizer with { Tokens = [], Scores = [], TokenTypes = [] },
            read with { Tokens = [], Scores = [], TokenTypes = [], ModelName = null });

        // A tensor that no rule names comes over as it is, and so do its sizes.
        Assert.True(source.File.TryGetTensor("rope_freqs.weight", out GgufTensor extra));
        Assert.True(result.File.TryGetTensor("rope_freqs.weight", out GgufTensor copy));
        Assert.Equal(extra.Dimensions, copy.Dimensions);
        Assert.Equal(BytesOf(source.File.View(extra)), BytesOf(result.File.View(copy)));
        Assert.Equal(source.File.Tensors.Select(tensor => tensor.Name), result.File.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Quantize_FromHalvesEqualsFromTheirFloats()
    {
        using TempFolder folder = new();
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape);
        foreach (QuantizationPreset halves in new[] { QuantizationPreset.F16, QuantizationPreset.BF16 })
        {
            ModelQuantizer.Quantize(source, folder["half.gguf"], halves);
            using GgufCheckpoint half = GgufCheckpoint.Open(folder["half.gguf"]);
            ModelQuantizer.Quantize(half, folder["wide.gguf"], QuantizationPreset.F32);
            using GgufCheckpoint wide = GgufCheckpoint.Open(folder["wide.gguf"]);
            ModelQuantizer.Quantize(half, folder["a.gguf"], QuantizationPreset.Q3_K_M);
            ModelQuantizer.Quantize(wide, folder["b.gguf"], QuantizationPreset.Q3_K_M);
            Assert.Equal(File.ReadAllBytes(folder["a.gguf"]), File.ReadAllBytes(folder["b.gguf"]));
        }
    }

    [Fact]
    public void Quantize_DoesNotDependOnTheThreads()
    {
        using TempFolder folder = new();
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape);
        foreach (int threads in new[] { 1, 2, 7 })
        {
            ModelQuantizer.Quantize(
                source, folder[$"{threads}.gguf"], QuantizationPreset.Q4_K_M, new QuantizeOptions { Threads = threads });
        }

        Assert.Equal(File.ReadAllBytes(folder["1.gguf"]), File.ReadAllBytes(folder["2.gguf"]));
        Assert.Equal(File.ReadAllBytes(folder["1.gguf"]), File.ReadAllBytes(folder["7.gguf"]));
    }

    [Fact]
    public unsafe void Quantize_BringsHalfSplitHeadsIntoInterleavedOrder()
    {
        using TempFolder folder = new();
        ModelShape shape = SmallModels.Shape with { QkvBias = true };
        using MemoryCheckpoint source = SmallModels.Memory(shape, RopeLayout.HalfSplit);
        ModelQuantizer.Quantize(source, folder["out.gguf"], QuantizationPreset.F32);
        using GgufCheckpoint result = GgufCheckpoint.Open(folder["out.gguf"]);
        Assert.Equal(RopeLayout.Interleaved, result.RopeLayout);
        foreach (string part in new[] { LayerTensors.Query.Stored, LayerTensors.Key.Stored, LayerTensors.Value.Stored,
            LayerTensors.QueryBias.Stored, LayerTensors.KeyBias.Stored, LayerTensors.ValueBias.Stored })
        {
            string name = TensorNames.OfLayer(1, part);
            Assert.True(source.TryGetTensor(name, out TensorView before));
            Assert.True(result.TryGetTensor(name, out TensorView after));
            bool isBias = before.Rows == 1, turns = !part.StartsWith("attn_v", StringComparison.Ordinal);
            int rows = (int)(isBias ? before.Columns : before.Rows), width = isBias ? 1 : (int)before.Columns;
            for (int head = 0; head < rows / shape.HeadDim; head++)
            {
                for (int pair = 0; pair < shape.HeadDim / 2; pair++)
                {
                    int first = head * shape.HeadDim;
                    AssertRow(turns ? first + pair : first + 2 * pair, first + 2 * pair);
                    AssertRow(turns ? first + pair + shape.HeadDim / 2 : first + 2 * pair + 1, first + 2 * pair + 1);
                }
            }

            void AssertRow(int from, int to) => Assert.True(
                new ReadOnlySpan<float>((float*)before.Data + from * width, width)
                    .SequenceEqual(new ReadOnlySpan<float>((float*)after.Data + to * width, width)),
                $"{name}: row {to} is not row {from} of the source.");
        }
    }

    [Fact]
    public void Quantize_KeepsWhatTheShapeSays()
    {
        using TempFolder folder = new();
        ModelShape shape = SmallModels.Shape with
        {
            HeadDim = 32,
            TiedEmbeddings = true,
            QkvBias = true,
            RopeTheta = 5e5,
            RopeScaling = RopeScaling.Llama3,
            RopeScalingFactor = 32,
            SlidingWindow = 16,
            NormEps = 1e-6,
        };
        using MemoryCheckpoint source = SmallModels.Memory(shape);
        ModelQuantizer.Quantize(source, folder["out.gguf"], QuantizationPreset.Q8_0, new QuantizeOptions { Name = "A name" });
        using GgufCheckpoint result = GgufCheckpoint.Open(folder["out.gguf"]);
        result.EnsureMatches(shape);

        // Of few pairs the divisors alone do not say what rule they follow.
        ModelShape unusual = shape with { RopeScalingFactor = 4, RopeScalingLowFrequencyFactor = 2, RopeScalingHighFrequencyFactor = 6,
            RopeScalingOriginalContext = 300 };
        using MemoryCheckpoint other = SmallModels.Memory(unusual);
        ModelQuantizer.Quantize(other, folder["unusual.gguf"], QuantizationPreset.F32);
        using GgufCheckpoint again = GgufCheckpoint.Open(folder["unusual.gguf"]);
        again.EnsureMatches(unusual);
        Assert.Equal(
            (4.0, 2.0, 6.0, 300),
            (again.Shape.RopeScalingFactor, again.Shape.RopeScalingLowFrequencyFactor, again.Shape.RopeScalingHighFrequencyFactor,
                again.Shape.RopeScalingOriginalContext));
        Assert.Equal("A name", result.File.Metadata.GetText("general.name"));

        using MemoryCheckpoint linear =
            SmallModels.Memory(SmallModels.Shape with { RopeScaling = RopeScaling.Linear, RopeScalingFactor = 4 });
        ModelQuantizer.Quantize(linear, folder["linear.gguf"], QuantizationPreset.Q8_0);
        using GgufCheckpoint stretched = GgufCheckpoint.Open(folder["linear.gguf"]);
        stretched.EnsureMatches(linear.Shape);
        Assert.Equal("memory", stretched.File.Metadata.GetText("general.name"));
    }

    [Fact]
    public void Llama3Divisors_AreThePublishedRules()
    {
        // Llama 3.2 1B: theta 500000, heads of 64, factor 32: wavelengths under 2048 stay, those above 8192 take the whole factor.
        ModelShape shape =
            SmallModels.Shape with { HeadDim = 64, RopeTheta = 5e5, RopeScaling = RopeScaling.Llama3, RopeScalingFactor = 32 };
        float[] divisors = Llama3Frequencies.Divisors(shape);
        Assert.Equal(32, divisors.Length);
        Assert.All(divisors[..15], divisor => Assert.Equal(1, divisor));
        Assert.Equal(1.6513, divisors[15], 1e-3);
        Assert.Equal(3.2923, divisors[16], 1e-3);
        Assert.Equal(9.667, divisors[17], 1e-2);
        Assert.All(divisors[18..], divisor => Assert.Equal(32, divisor, 1e-5));
    }

    [Fact]
    public void Quantize_RefusesASourceThatIsQuantised()
    {
        using TempFolder folder = new();
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape);
        ModelQuantizer.Quantize(source, folder["q8.gguf"], QuantizationPreset.Q8_0);
        using GgufCheckpoint quantized = GgufCheckpoint.Open(folder["q8.gguf"]);
        ModelFormatException error =
            Assert.Throws<ModelFormatException>(() => ModelQuantizer.Quantize(quantized, folder["out.gguf"], QuantizationPreset.Q4_0));
        Assert.Contains("token_embd.weight is Q8_0 already", error.Message, StringComparison.Ordinal);
        Assert.Contains("Q4_0", error.Message, StringComparison.Ordinal);

        ModelQuantizer.Quantize(quantized, folder["again.gguf"], QuantizationPreset.Q4_0, new QuantizeOptions { AllowRequantize = true });
        using GgufCheckpoint again = GgufCheckpoint.Open(folder["again.gguf"]);
        Assert.True(again.TryGetTensor(TensorNames.OfLayer(0, LayerTensors.Query.Stored), out TensorView tensor));
        Assert.Equal(TensorType.Q4_0, tensor.Type);

        // The same mix again is a copy.
        ModelQuantizer.Quantize(quantized, folder["copy.gguf"], QuantizationPreset.Q8_0);
        Assert.Equal(File.ReadAllBytes(folder["q8.gguf"]), File.ReadAllBytes(folder["copy.gguf"]));
    }

    [Fact]
    public void Quantize_ReportsProgress()
    {
        using TempFolder folder = new();
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape);
        Recorder progress = new();
        ModelQuantizer.Quantize(source, folder["out.gguf"], QuantizationPreset.Q4_0, new QuantizeOptions { Progress = progress });
        Assert.Equal(progress.Values.Order(), progress.Values);
        Assert.Equal(1, progress.Values[^1]);
        Assert.InRange(progress.Values[0], 0, 0.5);
    }

    [Fact]
    public void Quantize_LeavesNothingWhenCancelled()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder["out.gguf"], "the old file");
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape);
        using CancellationTokenSource cancellation = new();
        Recorder progress = new() { At = share => { if (share > 0.3) cancellation.Cancel(); } };
        Assert.Throws<OperationCanceledException>(() => ModelQuantizer.Quantize(
            source, folder["out.gguf"], QuantizationPreset.Q4_0,
            new QuantizeOptions { Progress = progress, Cancellation = cancellation.Token }));
        Assert.InRange(progress.Values[^1], 0.3, 0.9);
        Assert.Equal("the old file", File.ReadAllText(folder["out.gguf"]));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Quantize_NamesANumberThatIsNotFinite()
    {
        using TempFolder folder = new();
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape);
        float[] bad = new float[256 * 512];
        bad[100 * 512 + 5] = float.PositiveInfinity;
        source.Put("blk.1.ffn_down.weight", 256, 512, bad);
        ModelFormatException error =
            Assert.Throws<ModelFormatException>(() => ModelQuantizer.Quantize(source, folder["out.gguf"], QuantizationPreset.Q4_K_M));
        Assert.Equal("memory.bin: blk.1.ffn_down.weight: row 100, column 5 is Infinity, for which Q6_K has no form.", error.Message);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Quantize_NamesWhatDoesNotFit()
    {
        using TempFolder folder = new();
        using MemoryCheckpoint source = SmallModels.Memory(SmallModels.Shape);
        ModelMismatchException tokens = Assert.Throws<ModelMismatchException>(() => ModelQuantizer.Quantize(
            source, folder["out.gguf"], QuantizationPreset.F16, new QuantizeOptions { Tokenizer = SmallModels.Tokenizer(100) }));
        Assert.Equal("The tokenizer has 100 tokens, but the model has VocabSize = 128.", tokens.Message);

        source.Put("blk.1.attn_k.weight", 64, 256, new float[64 * 256]);
        ModelFormatException shape =
            Assert.Throws<ModelFormatException>(() => ModelQuantizer.Quantize(source, folder["out.gguf"], QuantizationPreset.F16));
        Assert.Equal(
            "memory.bin: the tensor blk.1.attn_k.weight is [64, 256], but by the hyperparameters it should be [128, 256].", shape.Message);

        source.Remove("blk.1.attn_k.weight");
        ModelFormatException missing =
            Assert.Throws<ModelFormatException>(() => ModelQuantizer.Quantize(source, folder["out.gguf"], QuantizationPreset.F16));
        Assert.Equal("memory.bin: the tensor blk.1.attn_k.weight [128, 256] is missing.", missing.Message);

        RandomModel.Write(folder["in.gguf"], SmallModels.Shape, QuantizationPreset.F32);
        using GgufCheckpoint file = GgufCheckpoint.Open(folder["in.gguf"]);
        Assert.Throws<ArgumentException>(
            () => ModelQuantizer.Quantize(file, Path.Combine(folder.Path, ".", "in.gguf"), QuantizationPreset.Q8_0));
    }

    [Fact]
    public void Quantize_ConvertsATrainedModelOfLlama2c()
    {
        using TempFolder folder = new();
        using Checkpoint source = CheckpointLoader.Open(SharedData.PathOrSkip("stories260K.bin"));
        ModelQuantizer.Quantize(
            source, folder["out.gguf"], QuantizationPreset.Q8_0, new QuantizeOptions { Tokenizer = SmallModels.Tokenizer(512) });
        using GgufCheckpoint result = GgufCheckpoint.Open(folder["out.gguf"]);
        result.EnsureMatches(source.Shape with { NormEps = 1e-5, RopeTheta = 10000 });
        Assert.True(source.TryGetTensor(TensorNames.TokenEmbedding, out TensorView before));
        Assert.True(result.TryGetTensor(TensorNames.TokenEmbedding, out TensorView after));
        Assert.Equal(TensorType.Q8_0, after.Type);
        float[] exact = new float[64], rough = new float[64];
        for (int row = 0; row < 512; row++)
        {
            BlockFormats.DequantizeRow(before, row, exact);
            BlockFormats.DequantizeRow(after, row, rough);
            Assert.InRange(rough.Zip(exact, (a, b) => Math.Abs(a - b)).Max(), 0, exact.Max(Math.Abs) / 250);
        }

        // Rows of 172 fit no block.
        Assert.True(result.TryGetTensor(TensorNames.OfLayer(0, LayerTensors.Down.Stored), out TensorView down));
        Assert.Equal(TensorType.F16, down.Type);
    }

    private static unsafe byte[] BytesOf(TensorView view) => new ReadOnlySpan<byte>(view.Data, (int)view.ByteLength).ToArray();

    private static byte[] Quantized(TensorView view, TensorType type)
    {
        byte[] bytes = new byte[TensorTypes.ByteLength(type, view.Rows, view.Columns)];
        float[] row = new float[view.Columns];
        int rowBytes = bytes.Length / (int)view.Rows;
        for (int i = 0; i < view.Rows; i++)
        {
            BlockFormats.DequantizeRow(view, i, row);
            BlockFormats.Quantize(type, row, bytes.AsSpan(i * rowBytes, rowBytes));
        }

        return bytes;
    }

    private static unsafe void WriteGgufWithExtras(string path, GgufTokenizerMetadata tokenizer)
    {
        string plain = path + ".plain";
        RandomModel.Write(
            plain, SmallModels.Shape, QuantizationPreset.F16, new RandomModelOptions { Tokenizer = tokenizer, Name = "With extras" });
        using GgufFile file = GgufFile.Open(plain);
        GgufWriter writer = new(alignment: 64);
        foreach (string key in file.Metadata.Keys)
        {
            file.Metadata.TryGetValue(key, out GgufValue value);
            writer.Add(key, value);
        }

        writer.Add("some.numbers", GgufArrayContent.Of(new long[] { 1, -2, 3 }));
        writer.Add("some.flag", true);
        foreach (GgufTensor tensor in file.Tensors)
        {
            writer.AddTensor(
                tensor.Name, tensor.Type!.Value, tensor.Dimensions.AsSpan(), stream => stream.Write(BytesOf(file.View(tensor))));
        }

        float[] ones = [.. Enumerable.Repeat(1f, 32)];
        writer.AddTensor("rope_freqs.weight", TensorType.F32, [32], stream =>
        {
            foreach (float one in ones)
                stream.Write(BitConverter.GetBytes(one));
        });
        writer.Write(path);
    }

    private sealed class Recorder : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public Action<double>? At { get; init; }

        public void Report(double value)
        {
            Values.Add(value);
            At?.Invoke(value);
        }
    }
}
