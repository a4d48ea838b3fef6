using System;
using System.IO;
using System.Linq;
using CsCheck;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Tests.Readers;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

public class TokenizerFileTests
{
    private static readonly TestVocabulary s_vocabulary = TestVocabulary.Of(true, " t", "he", " the", "t", "h", "e", " ", "é", "\u65E5");

    [Fact]
    public void Open_TellsTheFormatsApart()
    {
        using TempFolder folder = new();
        Tokenizer bin = TokenizerLoader.Open(folder.Write("a", s_vocabulary.ToTokenizerBin()));
        Tokenizer model = TokenizerLoader.Open(folder.Write("b", s_vocabulary.ToModel()), s_vocabulary.Tokens.Count);
        Assert.Equal("<unk>", bin.Decode([0]));
        Assert.Equal(" \u2047 ", model.Decode([0]));
    }

    [Fact]
    public void Encode_ParsesMarksOfEveryFormat()
    {
        foreach (Tokenizer tokenizer in (Tokenizer[])[s_vocabulary.FromTokenizerBin(), s_vocabulary.FromModel(), s_vocabulary.FromPieces()])
        {
            Assert.Equal("</s>", tokenizer.GetName(2));
            Assert.Equal([.. s_vocabulary.Ids(" the"), 2, .. s_vocabulary.Ids(" the")], tokenizer.Encode("the</s>the", parseSpecial: true));
            Assert.DoesNotContain(2, tokenizer.Encode("the</s>the"));
        }
    }

    [Fact]
    public void Open_RefusesATokenizerOfAnotherModel()
    {
        using TempFolder folder = new();
        string path = folder.Write("a", s_vocabulary.ToModel());
        string message = Assert.Throws<ModelMismatchException>(() => TokenizerLoader.Open(path, 32000)).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains($"{s_vocabulary.Tokens.Count} tokens", message, StringComparison.Ordinal);
        Assert.Contains("VocabSize = 32000", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_RefusesOtherFiles()
    {
        using TempFolder folder = new();
        Assert.Throws<FileNotFoundException>(() => TokenizerLoader.Open(folder["missing"]));
        foreach (byte[] bytes in (byte[][])[[], [1, 2], "{\"version\": \"1.0\"}"u8.ToArray(), "GGUF"u8.ToArray(), [0xFF, 0xFF, 0xFF, 0xFF]])
            Assert.Throws<ModelFormatException>(() => TokenizerLoader.Open(folder.Write("other", bytes)));
    }

    [Fact]
    public void Open_ReadsTheTokenizerOfAGgufFile()
    {
        using TempFolder folder = new();
        GgufWriter writer = GgufOf(s_vocabulary, "llama", types: true);
        writer.Add("tokenizer.ggml.add_bos_token", false);
        writer.Add("tokenizer.ggml.add_eos_token", true);
        writer.Add("tokenizer.ggml.add_space_prefix", false);
        writer.Add("tokenizer.ggml.bos_token_id", 2u);
        writer.Add("tokenizer.ggml.eos_token_id", 1u);
        writer.Add("tokenizer.ggml.eot_token_id", 2u);
        writer.Write(folder["a.gguf"]);
        Tokenizer tokenizer = TokenizerLoader.Open(folder["a.gguf"], s_vocabulary.Tokens.Count);
        Assert.Equal((2, 1, 2, 0), (tokenizer.BosId, tokenizer.EosId, tokenizer.EotId, tokenizer.UnknownId));
        Assert.Equal((false, true, false), (tokenizer.AddBos, tokenizer.AddEos, tokenizer.AddsLeadingSpace));
        Assert.Equal(s_vocabulary.Ids("t", "he", " the"), tokenizer.Encode("the the"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_OfAGgufFileThatLeavesThingsOpenDoesAsLlama2(bool types)
    {
        using TempFolder folder = new();
        GgufOf(s_vocabulary, "llama", types).Write(folder["a.gguf"]);
        Tokenizer tokenizer = TokenizerLoader.Open(folder["a.gguf"]);
        Tokenizer model = s_vocabulary.FromModel();
        Assert.Equal((1, 2, -1, 0), (tokenizer.BosId, tokenizer.EosId, tokenizer.EotId, tokenizer.UnknownId));
        Assert.Equal((true, false, true), (tokenizer.AddBos, tokenizer.AddEos, tokenizer.AddsLeadingSpace));
        Assert.Equal(s_vocabulary.Tokens.Select(t => t.Kind), Enumerable.Range(0, tokenizer.VocabSize).Select(tokenizer.GetKind));
        foreach (string text in (string[])["", " the 日 é", "<s>\n<0x0A>", "\u2581the"])
            Assert.Equal(model.Encode(text), tokenizer.Encode(text));
    }

    [Fact]
    public void Open_RefusesAGgufFileWithoutATokenizerItKnows()
    {
        using TempFolder folder = new();
        Refuses("carries no tokenizer", new GgufWriter());
        Refuses("tokenizer.ggml.model = bert", GgufOf(s_vocabulary, "bert", types: true));
        Refuses("tokenizer.ggml.merges is missing", GgufOf(s_vocabulary, "gpt2", types: true));
        GgufWriter unknown = GgufOf(s_vocabulary, "gpt2", types: true);
        unknown.Add("tokenizer.ggml.pre", "bloom");
        unknown.Add("tokenizer.ggml.merges", GgufArrayContent.Of((string[])["t h"]));
        Refuses("tokenizer.ggml.pre = bloom", unknown);
        GgufWriter unscored = new();
        unscored.Add("tokenizer.ggml.model", "llama");
        unscored.Add("tokenizer.ggml.tokens", GgufArrayContent.Of((string[])["<unk>"]));
        Refuses("tokenizer.ggml.scores is missing", unscored);

        void Refuses(string message, GgufWriter writer)
        {
            writer.Write(folder["a.gguf"]);
            Assert.Contains(message, Assert.Throws<ModelFormatException>(() => TokenizerLoader.Open(folder["a.gguf"])).Message,
                StringComparison.Ordinal);
        }
    }

    private static GgufWriter GgufOf(TestVocabulary vocabulary, string model, bool types)
    {
        GgufWriter writer = new();
        writer.Add("tokenizer.ggml.model", model);
        writer.Add("tokenizer.ggml.tokens", GgufArrayContent.Of([.. vocabulary.Tokens.Select(t => t.Name.Replace(' ', '\u2581'))]));
        writer.Add("tokenizer.ggml.scores", GgufArrayContent.Of([.. vocabulary.Tokens.Select(t => t.Score)]));
        if (types)
            writer.Add("tokenizer.ggml.token_type", GgufArrayContent.Of([.. vocabulary.Tokens.Select(t => (int)t.Kind)]));
        return writer;
    }

    [Fact]
    public void TokenizerBin_NamesWhatIsWrong()
    {
        byte[] good = s_vocabulary.ToTokenizerBin();
        Refuses("ends within token", good[..^4], good.Length - 4);
        Refuses("but 0 are left in the file", good[..^3], good.Length - 3);
        Refuses("the longest has 6", [.. good.AsSpan(0, 8), 7, .. good.AsSpan(9)], 8);
        Refuses("score of token 0 is NaN", [.. good.AsSpan(0, 4), 0, 0, 0xC0, 0x7F, .. good.AsSpan(8)], 4);
        Refuses("there are 1 tokens", good[..17], 17);

        // A name of two bytes at the end: cutting 4 leaves a header that is not whole.
        static void Refuses(string message, byte[] file, int at) =>
            Assert.True(
                Assert.Throws<ModelFormatException>(() => TokenizerLoader.Read(file)).Message.Contains(message, StringComparison.Ordinal),
                $"Byte {at} is wrong, but the message does not say: {message}");
    }

    [Fact]
    public void Model_NamesWhatIsNotRead()
    {
        byte[] good = s_vocabulary.ToModel();
        Refuses("type is 1", [.. good, .. Protobuf.Message((2, Protobuf.Message((3, 1))))]);
        Refuses("'nmt_nfkc' rewrites", s_vocabulary.ToModel((1, "nmt_nfkc"u8.ToArray()), (2, new byte[8])));
        Refuses("'identity' rewrites", [.. good, .. Protobuf.Message((5, Protobuf.Message((2, new byte[8]))))]);
        Refuses("spaces are kept", s_vocabulary.ToModel((5, 0)));
        Refuses("spaces are kept", [.. good, .. Protobuf.Message((2, Protobuf.Message((24, 1))))]);
        Refuses("a piece has 1 to 7999", [.. good, .. Protobuf.Message((1, Protobuf.Message((1, Array.Empty<byte>()))))]);
        Refuses("a piece has 1 to 7999", [.. good, .. Protobuf.Message((1, Protobuf.Message((1, new byte[8000]))))]);
        Refuses("is of type 7", [.. good, .. Protobuf.Message((1, Protobuf.Message((1, "a"u8.ToArray()), (3, 7))))]);
        Refuses("should be Bytes", [.. good, .. Protobuf.Message((1, 5))]);
        Refuses("is no protobuf field tag", [.. good, 0x0B]);
        Refuses("does not end", [.. good, 0x80]);
        Refuses("are left", [.. good, 0x0A, 0x05, 0x0A]);

        static void Refuses(string message, byte[] file) =>
            Assert.Contains(
                message, Assert.Throws<ModelFormatException>(() => TokenizerLoader.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Model_SkipsFieldsThatItDoesNotKnow()
    {
        byte[] more = Protobuf.Message((77, "x"u8.ToArray()), (78, 5), (79, 1f), (4, new byte[3]));
        Tokenizer tokenizer = TokenizerLoader.Read([.. s_vocabulary.ToModel(), .. more, 0xA1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal(s_vocabulary.Ids(" the"), tokenizer.Encode("the"));
    }

    [Fact]
    public void Model_TakesBosAndEosByName()
    {
        TestVocabulary vocabulary =
            new([new("<s>", 0, TokenKind.Control), new("<end>", 0, TokenKind.Normal), new("<unk>", 0, TokenKind.Unknown),
                new("<go>", 0, TokenKind.Control)]);
        Tokenizer plain = vocabulary.FromModel();
        Assert.Equal((0, -1, 2), (plain.BosId, plain.EosId, plain.UnknownId));
        Tokenizer named = TokenizerLoader.Read(
            [.. vocabulary.ToModel(), .. Protobuf.Message((2, Protobuf.Message((3, 2), (46, "<go>"u8.ToArray()), (44, "?"u8.ToArray()))))]);
        Assert.Equal(3, named.BosId);
        Assert.Equal("?", named.Decode([2]));
    }

    /// <summary>Whatever happens to a file: it is read, or refused with the one exception that says so.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_OfCorruptFilesEndsInAnErrorOrATokenizer(bool model)
    {
        byte[] good = model ? s_vocabulary.ToModel() : s_vocabulary.ToTokenizerBin();
        Gen<byte[]> mutated = Gen.Select(Gen.Int[0, good.Length - 1].Array[1, 4],
            Gen.OneOf(Gen.Byte, Gen.OneOf<byte>(0, 1, 0x7F, 0x80, 0xFF)).Array[4], Gen.Int[0, 5], (at, values, kind) =>
        {
            byte[] file = [.. good];
            for (int i = 0; i < at.Length; i++)
                file[at[i]] = values[i];
            return kind switch
            {
                0 => file[..at[0]],
                1 => [.. file.AsSpan(0, at[0]), .. values, .. file.AsSpan(at[0])],
                2 => [.. file.AsSpan(0, at[0]), .. file.AsSpan(Math.Min(at[0] + values[0], file.Length))],
                _ => file,
            };
        });
        int read = 0, refused = 0;
        mutated.Sample(file =>
        {
            Tokenizer tokenizer;
            try
            {
                tokenizer = TokenizerLoader.Read(file);
            }
            catch (ModelFormatException)
            {
                refused++;
                return;
            }
            read++;
            int[] tokens = tokenizer.Encode("the thé \u65E5 <s>\0");
            Assert.All(tokens, token => Assert.InRange(token, 0, tokenizer.VocabSize - 1));
            Assert.NotNull(tokenizer.Decode(tokens));
            Assert.NotNull(tokenizer.Decode([.. Enumerable.Range(0, tokenizer.VocabSize)]));
        }, iter: 10_000, threads: 1);
        Assert.True(read > 100 && refused > 100, $"{read} were read and {refused} refused.");
    }
}
