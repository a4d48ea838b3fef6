using System;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tests.Readers;

public sealed class GgufTokenizerMetadataTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_HasEverything()
    {
        GgufTokenizerMetadata tokenizer = Read(Full())!;
        Assert.Equal("llama", tokenizer.Model);
        Assert.Equal("default", tokenizer.Pre);
        Assert.Equal(["<unk>", "<s>", "</s>", "▁a"], tokenizer.Tokens);
        Assert.Equal([0f, -1f, -2f, -3f], tokenizer.Scores);
        Assert.Equal([2, 3, 3, 1], tokenizer.TokenTypes);
        Assert.Equal(["▁ a", "a b"], tokenizer.Merges);
        Assert.Equal((1, 2, 0), (tokenizer.BosId, tokenizer.EosId, tokenizer.UnknownId));
        Assert.Null(tokenizer.PaddingId);
        Assert.Equal(2, tokenizer.EotId);
        Assert.Equal((true, false, true), (tokenizer.AddBos, tokenizer.AddEos, tokenizer.AddSpacePrefix));
        Assert.Equal("{{ messages }}", tokenizer.ChatTemplate);
    }

    [Fact]
    public void Read_LeavesOpenWhatTheFileDoesNotSay()
    {
        GgufWriter writer = new();
        writer.Add("tokenizer.ggml.model", "gpt2");
        writer.Add("tokenizer.ggml.tokens", GgufArrayContent.Of(["a"]));
        GgufTokenizerMetadata tokenizer = Read(writer)!;
        Assert.Empty(tokenizer.Scores);
        Assert.Empty(tokenizer.TokenTypes);
        Assert.Empty(tokenizer.Merges);
        Assert.Null(tokenizer.BosId);
        Assert.Null(tokenizer.AddBos);
        Assert.Null(tokenizer.ChatTemplate);
    }

    [Fact]
    public void Read_IsNullWithoutATokenizer() => Assert.Null(Read(new GgufWriter()));

    [Fact]
    public void Read_RefusesHalfATokenizer()
    {
        GgufWriter model = new();
        model.Add("tokenizer.ggml.model", "llama");
        Refuses(model, "tokenizer.ggml.tokens");
        GgufWriter tokens = new();
        tokens.Add("tokenizer.ggml.tokens", GgufArrayContent.Of(["a"]));
        Refuses(tokens, "tokenizer.ggml.model");
    }

    [Fact]
    public void Read_RefusesListsOfOtherLengths()
    {
        GgufWriter scores = Minimal();
        scores.Add("tokenizer.ggml.scores", GgufArrayContent.Of((float[])[1]));
        Refuses(scores, "tokenizer.ggml.scores has 1 elements, but tokenizer.ggml.tokens has 2");
        GgufWriter types = Minimal();
        types.Add("tokenizer.ggml.token_type", GgufArrayContent.Of((int[])[1, 1, 1]));
        Refuses(types, "tokenizer.ggml.token_type has 3 elements, but tokenizer.ggml.tokens has 2");
    }

    [Fact]
    public void Read_RefusesListsOfOtherTypes()
    {
        GgufWriter scores = Minimal();
        scores.Add("tokenizer.ggml.scores", GgufArrayContent.Of((int[])[1, 2]));
        Refuses(scores, "tokenizer.ggml.scores is an array of Int32");
        GgufWriter types = Minimal();
        types.Add("tokenizer.ggml.token_type", GgufArrayContent.Of((long[])[1, 1L << 40]));
        Refuses(types, "token_type[1] = 1099511627776");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    [InlineData(int.MaxValue)]
    public void Read_RefusesATokenOutsideTheVocabulary(int id)
    {
        GgufWriter writer = Minimal();
        writer.Add("tokenizer.ggml.bos_token_id", id);
        Refuses(writer, $"tokenizer.ggml.bos_token_id = {id}, but there are 2 tokens");
    }

    [Fact]
    public void Read_TakesMinusOneForNone()
    {
        GgufWriter writer = Minimal();
        writer.Add("tokenizer.ggml.bos_token_id", -1);
        writer.Add("tokenizer.ggml.eos_token_id", uint.MaxValue);
        GgufTokenizerMetadata tokenizer = Read(writer)!;
        Assert.Null(tokenizer.BosId);
        Assert.Null(tokenizer.EosId);
    }

    private static GgufWriter Minimal()
    {
        GgufWriter writer = new();
        writer.Add("tokenizer.ggml.model", "llama");
        writer.Add("tokenizer.ggml.tokens", GgufArrayContent.Of(["a", "b"]));
        return writer;
    }

    private static GgufWriter Full()
    {
        GgufWriter writer = new();
        writer.Add("tokenizer.ggml.model", "llama");
        writer.Add("tokenizer.ggml.pre", "default");
        writer.Add("tokenizer.ggml.tokens", GgufArrayContent.Of(["<unk>", "<s>", "</s>", "▁a"]));
        writer.Add("tokenizer.ggml.scores", GgufArrayContent.Of((float[])[0, -1, -2, -3]));
        writer.Add("tokenizer.ggml.token_type", GgufArrayContent.Of((int[])[2, 3, 3, 1]));
        writer.Add("tokenizer.ggml.merges", GgufArrayContent.Of(["▁ a", "a b"]));
        writer.Add("tokenizer.ggml.bos_token_id", 1u);
        writer.Add("tokenizer.ggml.eos_token_id", 2u);
        writer.Add("tokenizer.ggml.eot_token_id", 2u);
        writer.Add("tokenizer.ggml.unknown_token_id", 0u);
        writer.Add("tokenizer.ggml.add_bos_token", true);
        writer.Add("tokenizer.ggml.add_eos_token", false);
        writer.Add("tokenizer.ggml.add_space_prefix", true);
        writer.Add("tokenizer.chat_template", "{{ messages }}");
        return writer;
    }

    private GgufTokenizerMetadata? Read(GgufWriter writer)
    {
        string path = _folder[Path.GetRandomFileName()];
        writer.Write(path);
        using GgufFile file = GgufFile.Open(path);
        return GgufTokenizerMetadata.Read(file);
    }

    private void Refuses(GgufWriter writer, string words) =>
        Assert.Contains(words, Assert.Throws<ModelFormatException>(() => Read(writer)).Message);
}
