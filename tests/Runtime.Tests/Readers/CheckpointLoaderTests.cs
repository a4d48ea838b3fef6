using System;
using System.IO;
using System.Text;
using Llamalith.Checkpoints;
using Llamalith.Contracts;

namespace Llamalith.Tests.Readers;

public sealed class CheckpointLoaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.gguf")]
    [InlineData("model.bin")]
    [InlineData("model.safetensors")]
    public void Open_KnowsAGgufFileWhateverItsName(string name)
    {
        using Checkpoint checkpoint = CheckpointLoader.Open(_folder.Write(name, new GgufModelDraft().Build()));
        Assert.IsType<GgufCheckpoint>(checkpoint);
        Assert.Equal(_folder[name], checkpoint.Path);
    }

    [Theory]
    [InlineData(0, "model.bin")]
    [InlineData(1, "model")]
    [InlineData(0, "model.pt")]
    public void Open_KnowsALlama2cFile(int version, string name)
    {
        using Checkpoint checkpoint = CheckpointLoader.Open(_folder.Write(name, Llama2cDraft.Sample(version, true).Bytes));
        Assert.IsType<Llama2cCheckpoint>(checkpoint);
        Assert.Equal(_folder[name], checkpoint.Path);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("weights")]
    public void Open_KnowsASafetensorsFileWhateverItsName(string name)
    {
        string folder = new HuggingFaceDraft().WriteTo(_folder);
        if (name != "model.safetensors")
            File.Move(Path.Combine(folder, "model.safetensors"), Path.Combine(folder, name));
        using Checkpoint checkpoint = CheckpointLoader.Open(Path.Combine(folder, name));
        Assert.IsType<SafetensorsCheckpoint>(checkpoint);
    }

    [Fact]
    public void Open_KnowsAFolder()
    {
        using Checkpoint checkpoint = CheckpointLoader.Open(new HuggingFaceDraft().WriteTo(_folder));
        Assert.IsType<SafetensorsCheckpoint>(checkpoint);
    }

    [Fact]
    public void Open_KnowsAPublishedModel()
    {
        using Checkpoint checkpoint = CheckpointLoader.Open(SharedData.PathOrSkip("stories260K.bin"));
        Assert.IsType<Llama2cCheckpoint>(checkpoint);
    }

    [Fact]
    public void Open_OfManyGigabytesTakesMilliseconds()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems may fill the hole.");

        // dim 4096, ffn 11008, 32 layers: what Llama 2 7B has, in a file that is all hole behind its header.
        const long Dim = 4096, Ffn = 11008, Layers = 32, Vocab = 32000;
        long floats = (2 * Vocab * Dim) + (Layers * ((2 * Dim) + (4 * Dim * Dim) + (3 * Dim * Ffn))) + Dim;
        byte[] header = new byte[256];
        GgufDraft.Bytes(0x616b3432, 1, (int)Dim, (int)Ffn, (int)Layers, 32, 32, (int)Vocab, 2048).CopyTo(header, 0);
        string path = _folder.Write("7b.bin", header);
        using (FileStream stream = new(path, FileMode.Open))
            stream.SetLength(256 + (floats * sizeof(float)));
        CheckpointLoader.Open(path).Dispose();
        long start = Environment.TickCount64;
        using Checkpoint checkpoint = CheckpointLoader.Open(path);
        Assert.True(Environment.TickCount64 - start < 2000);
        Assert.Equal(6_738_415_616, floats);
        Assert.Equal(Vocab, checkpoint.GetTensor("output.weight", Vocab, Dim).Rows);
    }

    [Fact]
    public void Open_NamesWhatIsMissing()
    {
        Assert.Contains("absent", Assert.Throws<FileNotFoundException>(() => CheckpointLoader.Open(_folder["absent"])).Message);
        Assert.ThrowsAny<ArgumentException>(() => CheckpointLoader.Open(""));
    }

    [Theory]
    [InlineData("PK\u0003\u0004 and the rest of an archive that is long enough", "ZIP archive")]
    [InlineData("lmgg and the rest of a file that is long enough", "GGML file of the time before GGUF")]
    [InlineData("tjgg and the rest of a file that is long enough", "GGML file of the time before GGUF")]
    [InlineData("This is a text and no model at all, as anyone can see.", "no model file of a known format")]
    [InlineData("A short text.", "no model file of a known format: it has 13 bytes, but the header of a llama2.c checkpoint alone has 28.")]
    [InlineData("x", "no model file of a known format")]
    [InlineData("", "is empty")]
    public void Open_SaysWhatAStrangerIs(string content, string words)
    {
        string path = _folder.Write("stranger", Encoding.Latin1.GetBytes(content));
        string message = Assert.Throws<ModelFormatException>(() => CheckpointLoader.Open(path)).Message;
        Assert.Contains(words, message);
        Assert.StartsWith(path, message);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Theory]
    [InlineData("model.gguf", "no GGUF file")]
    [InlineData("model.safetensors", "header's length")]
    public void Open_AsksTheReaderThatTheNameSpeaksOf(string name, string words)
    {
        string path = _folder.Write(name, Encoding.ASCII.GetBytes("Not what the name says, but long enough to be something."));
        Assert.Contains(words, Assert.Throws<ModelFormatException>(() => CheckpointLoader.Open(path)).Message);
    }
}
