using System;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Llama2c;

namespace Llamalith.Tests.Readers;

public sealed unsafe class Llama2cFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<int, bool> FloatKinds => new() { { 0, true }, { 0, false }, { 1, true }, { 1, false } };

    public static TheoryData<int, bool> Kinds => [.. FloatKinds, (2, true), (2, false)];

    public static TheoryData<string, int> SizeFields => new()
    {
        { "dim", 0 }, { "hidden_dim", 4 }, { "n_layers", 8 }, { "n_heads", 12 }, { "n_kv_heads", 16 }, { "seq_len", 24 },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Open_ReadsTheHeader(int version, bool shared)
    {
        using Llama2cFile file = Llama2cFile.Open(_folder.Write("m.bin", Llama2cDraft.Sample(version, shared).Bytes));
        Assert.Equal(
            new Llama2cHeader
            {
                Version = version, Dim = 8, FfnDim = 6, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 5, Context = 3,
                SharedClassifier = shared,
                GroupSize = version == 2 ? 4 : 0,
            },
            file.Header);
        Assert.Equal(2, file.Header.HeadDim);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Tensors_AreThoseOfTheFormat(int version, bool shared)
    {
        Llama2cDraft draft = Llama2cDraft.Sample(version, shared);
        using Llama2cFile file = Llama2cFile.Open(_folder.Write("m.bin", draft.Bytes));
        Check(Llama2cArray.TokenEmbedding, "token_embedding_table", 0, 5, 8);
        Check(Llama2cArray.FinalNorm, "rms_final_weight", 0, 1, 8);
        if (!shared)
            Check(Llama2cArray.Classifier, "wcls", 0, 5, 8);
        for (int layer = 0; layer < 2; layer++)
        {
            Check(Llama2cArray.AttentionNorm, "rms_att_weight", layer, 1, 8);
            Check(Llama2cArray.Query, "wq", layer, 8, 8);
            Check(Llama2cArray.Key, "wk", layer, 4, 8);
            Check(Llama2cArray.Value, "wv", layer, 4, 8);
            Check(Llama2cArray.AttentionOutput, "wo", layer, 8, 8);
            Check(Llama2cArray.FfnNorm, "rms_ffn_weight", layer, 1, 8);
            Check(Llama2cArray.Gate, "w1", layer, 6, 8);
            Check(Llama2cArray.Down, "w2", layer, 8, 6);
            Check(Llama2cArray.Up, "w3", layer, 6, 8);
        }

        Assert.Equal(!shared, file.TryGetTensor(Llama2cArray.Classifier, 0, out _));
        Assert.Equal(version == 0, file.TryGetTensor(Llama2cArray.RopeCosines, 0, out _));
        Assert.Equal(version == 0, file.TryGetTensor(Llama2cArray.RopeSines, 0, out _));
        Assert.False(file.TryGetTensor(Llama2cArray.Query, 2, out _));
        Assert.False(file.TryGetTensor(Llama2cArray.Query, -1, out _));
        Assert.False(file.TryGetTensor(Llama2cArray.TokenEmbedding, 1, out _));

        void Check(Llama2cArray array, string name, int layer, int rows, int columns)
        {
            Assert.True(file.TryGetTensor(array, layer, out TensorView view));
            Assert.Equal(
                (TensorType.F32, (long)rows, (long)columns, rows * columns * 4L), (view.Type, view.Rows, view.Columns, view.ByteLength));
            Assert.Equal(draft[name].AsSpan(layer * rows * columns, rows * columns), new ReadOnlySpan<float>(view.Data, rows * columns));
            Assert.StartsWith(name, view.Name);
        }
    }

    [Theory]
    [MemberData(nameof(FloatKinds))]
    public void Writer_GivesTheBytesOfTheFormat(int version, bool shared)
    {
        Llama2cDraft draft = Llama2cDraft.Sample(version, shared);
        using Llama2cFile file = Llama2cFile.Open(_folder.Write("m.bin", draft.Bytes));
        Llama2cWriter.Write(_folder["copy.bin"], file.Header, (array, layer, row, values) =>
        {
            Assert.True(file.TryGetTensor(array, layer, out TensorView view));
            Assert.Equal(view.Columns, values.Length);
            new ReadOnlySpan<float>(view.Data + (row * view.Columns * 4), values.Length).CopyTo(values);
        });

        // Rotary tables are computed, not copied.
        byte[] expected = [.. draft.Bytes];
        if (version == 0)
        {
            int start = 28 + (4 * (int)draft["freq_cis_real"][0]);
            float[] cosines = [1, (float)Math.Cos(1), (float)Math.Cos(2)];
            float[] sines = [0, (float)Math.Sin(1), (float)Math.Sin(2)];
            GgufDraft.Bytes(cosines).CopyTo(expected, start);
            GgufDraft.Bytes(sines).CopyTo(expected, start + 12);
        }

        Assert.Equal(expected, File.ReadAllBytes(_folder["copy.bin"]));
    }

    [Fact]
    public void Writer_RefusesWhatNoReaderTakes()
    {
        Llama2cHeader sound = new()
        {
            Version = 1, Dim = 8, FfnDim = 6, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 5, Context = 3, SharedClassifier = true,
        };
        Assert.Contains("not 2", Refused(sound with { Version = 2 }));
        Assert.Contains("dim = 0", Refused(sound with { Dim = 0 }));
        Assert.Contains("n_heads = 3", Refused(sound with { Heads = 3 }));

        static string Refused(Llama2cHeader header) => Assert.Throws<ArgumentException>(
            () => Llama2cWriter.Write(Stream.Null, header, (_, _, _, _) => { })).Message;
    }

    [Fact]
    public void Open_ReadsAPublishedModel()
    {
        using Llama2cFile file = Llama2cFile.Open(SharedData.PathOrSkip("stories260K.bin"));
        Assert.Equal(
            new Llama2cHeader
            {
                Version = 0, Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512,
                SharedClassifier = true,
            },
            file.Header);

        // The file's own rotary tables show that the arrays before them are where they should be.
        Assert.True(file.TryGetTensor(Llama2cArray.RopeCosines, 0, out TensorView cosines));
        Assert.True(file.TryGetTensor(Llama2cArray.RopeSines, 0, out TensorView sines));
        for (int position = 0; position < 512; position++)
        {
            for (int i = 0; i < 4; i++)
            {
                double angle = position / Math.Pow(10000, i / 4.0);
                Assert.Equal(Math.Cos(angle), ((float*)cosines.Data)[(position * 4) + i], 1e-4);
                Assert.Equal(Math.Sin(angle), ((float*)sines.Data)[(position * 4) + i], 1e-4);
            }
        }
    }

    [Fact]
    public void Dispose_InvalidatesWhatIsReadLater()
    {
        Llama2cFile file = Llama2cFile.Open(_folder.Write("m.bin", Llama2cDraft.Sample(1, true).Bytes));
        Assert.True(file.TryGetTensor(Llama2cArray.Query, 0, out TensorView view));
        Assert.Equal(OperatingSystem.IsLinux(), file.Advise(view, MemoryAdvice.WillNeed));
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.TryGetTensor(Llama2cArray.Query, 0, out _));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Refuses_EveryOtherLength(int version, bool shared)
    {
        byte[] whole = [.. Llama2cDraft.Sample(version, shared).Bytes, 0, 0, 0, 0];
        using GuardedBlock block = new(whole.Length);
        for (int length = 0; length <= whole.Length; length++)
        {
            byte* start = block.Place(whole.AsSpan(0, length));
            if (length == whole.Length - 4)
                Llama2cFile.Parse(start, length, "file").Dispose();
            else
                Assert.Throws<ModelFormatException>(() => Llama2cFile.Parse(start, length, "file"));
        }
    }

    [Theory]
    [MemberData(nameof(SizeFields))]
    public void Refuses_SizesThatAreNone(string field, int offset)
    {
        foreach (int value in new[] { 0, -1, int.MinValue })
        {
            Refuses(Llama2cDraft.Sample(0, true).With(offset, value), $"version 0, {field} = {value} is not positive");
            Refuses(Llama2cDraft.Sample(1, true).With(8 + offset, value), $"version 1, {field} = {value} is not positive");
        }
    }

    [Theory]
    [MemberData(nameof(SizeFields))]
    public void Refuses_SizesOfAnotherLength(string field, int offset)
    {
        // Multiples of every other size, so that only the length can tell; the products of the largest do not fit 64 bits.
        Assert.NotEmpty(field);
        foreach (int value in new[] { 16, 1 << 20, 1 << 30 })
        {
            if (field != "n_kv_heads")
                Refuses(Llama2cDraft.Sample(0, true).With(offset, value), field == "n_heads" ? "n_heads" : $"{field} = {value}");
        }

        byte[] absurd = Llama2cDraft.Version0(8, 6, 2, 4, 2, 5, 3, shared: false).Bytes;
        foreach (int at in new[] { 0, 4, 8, 24 })
            BitConverter.GetBytes(1 << 30).CopyTo(absurd, at);
        Refuses(absurd, "bytes, but it has");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(int.MinValue)]
    public void Refuses_AVocabularyThatIsNone(int vocab) => Refuses(Llama2cDraft.Sample(0, true).With(20, vocab), $"vocab_size = {vocab}");

    [Fact]
    public void Refuses_ANegativeVocabularyInVersion1() =>
        Refuses(Llama2cDraft.Sample(1, true).With(28, -5), "vocab_size = -5 is not positive");

    [Fact]
    public void Refuses_AVocabularyOfTheOtherSign() => Refuses(Llama2cDraft.Sample(0, true).With(20, -5), "bytes, but it has");

    [Fact]
    public void Refuses_HeadsThatDoNotDivide()
    {
        Refuses(Llama2cDraft.Sample(0, true).With(12, 3), "dim = 8 is no multiple of n_heads = 3");
        Refuses(Llama2cDraft.Sample(0, true).With(16, 3), "n_heads = 4 is no multiple of n_kv_heads = 3");
        Refuses(Llama2cDraft.Sample(0, true).With(12, 8), "dim / n_heads = 1 is odd");
    }

    [Fact]
    public void Advise_FreesWhatWasDecodedAndDecodesItAgain()
    {
        Llama2cDraft draft = Llama2cDraft.Sample(2, true);
        using Llama2cFile file = Llama2cFile.Open(_folder.Write("m.bin", draft.Bytes));
        Assert.True(file.TryGetTensor(Llama2cArray.Down, 1, out TensorView first));
        Assert.False(file.Advise(first, MemoryAdvice.WillNeed));
        Assert.True(file.Advise(first, MemoryAdvice.DontNeed));
        Assert.False(file.Advise(first, MemoryAdvice.DontNeed));
        Assert.True(file.TryGetTensor(Llama2cArray.Down, 1, out TensorView second));
        Assert.Equal(draft["w2"].AsSpan(48), new ReadOnlySpan<float>(second.Data, 48));

        // Engines keep a view of the embedding, and may bind it as the classifier too.
        Assert.True(file.TryGetTensor(Llama2cArray.TokenEmbedding, 0, out TensorView embedding));
        Assert.False(file.Advise(embedding, MemoryAdvice.DontNeed));
        Assert.Equal(draft["token_embedding_table"], new ReadOnlySpan<float>(embedding.Data, 40));
    }

    [Theory]
    [InlineData(0, "group_size = 0 is not positive")]
    [InlineData(-4, "group_size = -4 is not positive")]
    [InlineData(3, "token_embedding_table has 40 numbers, no multiple of group_size = 3")]
    [InlineData(8, "bytes, but it has")]
    public void Refuses_GroupsThatDoNotFit(int groupSize, string complaint) =>
        Refuses(Llama2cDraft.Sample(2, true).With(37, groupSize), complaint);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-1)]
    public void Refuses_OtherVersions(int version) => Refuses(Llama2cDraft.Sample(1, true).With(4, version), $"version {version},");

    [Fact]
    public void Refuses_ASharedFlagThatIsNeither()
    {
        byte[] bytes = Llama2cDraft.Sample(1, true).Bytes;
        bytes[36] = 2;
        Refuses(bytes, "shared_classifier = 2");
    }

    [Theory]
    [InlineData(37)]
    [InlineData(255)]
    public void Refuses_PaddingThatIsNone(int at)
    {
        byte[] bytes = Llama2cDraft.Sample(1, true).Bytes;
        bytes[at] = 1;
        Refuses(bytes, "padding");
    }

    private static void Refuses(byte[] bytes, params string[] words)
    {
        using GuardedBlock block = new(bytes.Length);
        byte* start = block.Place(bytes);
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Llama2cFile.Parse(start, bytes.Length, "some.bin"));
        Assert.StartsWith("some.bin", e.Message);
        foreach (string word in words)
            Assert.Contains(word, e.Message);
    }
}
