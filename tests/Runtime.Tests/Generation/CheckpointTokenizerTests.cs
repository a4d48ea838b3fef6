using System;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Tests.Readers;
using Llamalith.Tests.Tokenization;

namespace Llamalith.Tests.Generation;

public class CheckpointTokenizerTests
{
    private static readonly TestVocabulary s_vocabulary = TestVocabulary.Of(true, " the", "t", "h", "e", " ");

    /// <summary>The smallest checkpoint of llama2.c: a header, and weights of one width.</summary>
    private static byte[] ModelFile(int vocabSize)
    {
        int[] header = [2, 2, 1, 1, 1, vocabSize, 4];
        int floats = (vocabSize * 2) + 2 + (4 * 4) + 2 + (3 * 4) + 2 + (4 * 2);
        byte[] file = new byte[(header.Length + floats) * 4];
        Buffer.BlockCopy(header, 0, file, 0, header.Length * 4);
        return file;
    }

    [Theory]
    [InlineData("tokenizer.bin")]
    [InlineData("tokenizer.model")]
    public void OpenTokenizer_FindsItBesideTheModel(string name)
    {
        using TempFolder folder = new();
        folder.Write(name, name.EndsWith("bin", StringComparison.Ordinal) ? s_vocabulary.ToTokenizerBin() : s_vocabulary.ToModel());
        using Checkpoint checkpoint = Checkpoint.Open(folder.Write("model.bin", ModelFile(s_vocabulary.Tokens.Count)));
        Assert.Equal(s_vocabulary.Ids(" ", "t", "h", "e"), checkpoint.OpenTokenizer().Encode("the"));
    }

    [Fact]
    public void OpenTokenizer_SaysWhatItLookedFor()
    {
        using TempFolder folder = new();
        using Checkpoint checkpoint = Checkpoint.Open(folder.Write("model.bin", ModelFile(40)));
        string message = Assert.Throws<FileNotFoundException>(() => checkpoint.OpenTokenizer()).Message;
        Assert.Contains("tokenizer.model", message, StringComparison.Ordinal);
        folder.Write("tokenizer.bin", s_vocabulary.ToTokenizerBin());
        Assert.Contains("VocabSize", Assert.Throws<ModelMismatchException>(() => checkpoint.OpenTokenizer())
            .Message.Replace("vocab_size", "VocabSize", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
