using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Tests.Readers;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

/// <summary>Every token that a file marks as the end of a text, whichever way it does.</summary>
public class TextEndsTests
{
    private static readonly string[] s_bytes = [.. Enumerable.Range(0, 256).Select(b => PublishedRanks.Named([(byte)b]))];

    /// <summary>llama.cpp 0.5's list, taken from its answers.</summary>
    public static TheoryData<string> Names =>
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>", "</s>",
        "<|eom_id|>", "<EOT>", "_<EOT>",
        "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<｜end▁of▁sentence｜>", "<|fim_pad|>", "<fim-pad>",
        "<fim_pad>", "<PAD>", "[PAD]",
        "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>", "<|tool_response>",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void Ends_AreTokensOfWellKnownNamesWhateverTheirType(string name)
    {
        foreach (int type in (int[])[1, 3, 4])
        {
            foreach (GgufTokenizerMetadata metadata in (GgufTokenizerMetadata[])[BytePairs((name, type)), SentencePiece((name, type))])
            {
                VocabularyTokenizer tokenizer = GgufTokenizer.Create(metadata, "test");
                int end = metadata.Tokens.IndexOf(name);
                Assert.True(tokenizer.Ends.Contains(end), $"{name} of type {type} ends no text of {metadata.Model}.");
                Assert.Equal(TokenKind.Control, tokenizer.GetKind(end));
                Assert.DoesNotContain(end, tokenizer.Encode(name));
                Assert.Equal([end], tokenizer.Encode(name, parseSpecial: true));
                GgufRoundTrip.AssertSame(tokenizer, GgufTokenizer.Create(tokenizer.ToGguf(), "again"));
            }
        }
    }

    [Theory]
    [InlineData("<|im_start|>")]
    [InlineData("<|fim_prefix|>")]
    [InlineData("<|end_header_id|>")]
    public void Ends_AreNoOtherMarks(string name)
    {
        GgufTokenizerMetadata metadata = BytePairs((name, 3));
        Assert.False(GgufTokenizer.Create(metadata, "test").Ends.Contains(metadata.Tokens.IndexOf(name)));
    }

    [Fact]
    public void Ends_AreNoPartsOfATextWhereOtherMarksEndIt()
    {
        Assert.Equal(["<|return|>", "<|call|>"], EndsOf("<|return|>", "<|call|>", "<|end|>"));
        Assert.Equal(["<|calls|>", "<|flush|>"], EndsOf("<|calls|>", "<|flush|>", "<|end|>"));
        Assert.Equal(["<|tool_response>"], EndsOf("<|tool_response>", "</s>"));
        Assert.Equal(["<|return|>", "<|end|>"], EndsOf("<|return|>", "<|end|>"));

        static IEnumerable<string> EndsOf(params string[] names)
        {
            Tokenizer tokenizer = GgufTokenizer.Create(BytePairs([.. names.Select(name => (name, 3))]), "test");
            return tokenizer.Ends.Tokens.Select(tokenizer.GetName);
        }
    }

    [Fact]
    public void Ends_AreTheMarksOfAGgufFilesKeys()
    {
        GgufTokenizerMetadata metadata = BytePairs(("<a>", 3), ("<b>", 3), ("<c>", 3), ("<d>", 3), ("<|im_end|>", 4))
            with { BosId = 257, EosId = 258, EotId = 259, EomId = 260 };
        Assert.Equal([257, 258, 259, 260, 261], GgufTokenizer.Create(metadata, "test").Ends.Tokens.ToArray());
        Assert.Equal(259, GgufTokenizer.Create(metadata, "test").EotId);
        Assert.Equal(261, GgufTokenizer.Create(metadata with { EotId = null }, "test").EotId);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("[5, 6]")]
    [InlineData("[6, 5, 40000, -1, null]")]
    [InlineData("null")]
    public void Ends_AreTheIdsOfConfigFiles(string ids)
    {
        TestVocabulary vocabulary = TestVocabulary.With(
            false, new("a", -1), new(" ", -2), new("b", -3), new("c", -4), new("<|end_of_text|>", 0, TokenKind.Control));
        int[] wanted = [1, 2, .. ids.Contains('5', StringComparison.Ordinal) ? [5] : Array.Empty<int>(),
            .. ids.Contains('6', StringComparison.Ordinal) ? [6] : Array.Empty<int>(), 7];
        foreach (string name in (string[])["config.json", "generation_config.json"])
        {
            using TempFolder folder = new();
            folder.Write("tokenizer.model", vocabulary.ToModel());
            folder.Write(name, Encoding.UTF8.GetBytes($$"""{"eos_token_id": {{ids}}, "vocab_size": 12}"""));
            Assert.Equal(wanted, TokenizerLoader.Open(folder.Path).Ends.Tokens.ToArray());
            GgufTokenizerMetadata metadata = TokenizerLoader.OpenAsGguf(folder.Path);
            Assert.Equal(name == "config.json" ? 12 : 8, metadata.Tokens.Length);
            Assert.Equal(wanted, GgufRoundTrip.Of(folder, metadata).Ends.Tokens.ToArray());
        }
    }

    [Fact]
    public void ConfigFiles_NameWhatIsNoToken()
    {
        using TempFolder folder = new();
        folder.Write("tokenizer.model", TestVocabulary.Of(true, " ", "a").ToModel());
        folder.Write("generation_config.json", """{"eos_token_id": "two"}"""u8.ToArray());
        string message = Assert.Throws<ModelFormatException>(() => TokenizerLoader.Open(folder.Path)).Message;
        Assert.Contains("generation_config.json", message, StringComparison.Ordinal);
        Assert.Contains("eos_token_id = \"two\"", message, StringComparison.Ordinal);
    }

    private static GgufTokenizerMetadata BytePairs(params (string Name, int Type)[] more) => new()
    {
        Model = "gpt2",
        Pre = "gpt-2",
        Tokens = [.. s_bytes, "ab", .. more.Select(token => token.Name)],
        TokenTypes = [.. s_bytes.Select(_ => 1), 1, .. more.Select(token => token.Type)],
        Merges = ["a b"],
    };

    private static GgufTokenizerMetadata SentencePiece((string Name, int Type) more)
    {
        GgufTokenizerMetadata metadata = GgufRoundTrip.Foreign(TestVocabulary.Of(true, " a", " ", "a"));
        return metadata with
        {
            Tokens = [.. metadata.Tokens[..2], more.Name == "</s>" ? "<end>" : "</s>", .. metadata.Tokens[3..], more.Name],
            TokenTypes = [.. metadata.TokenTypes, more.Type],
            Scores = [.. metadata.Scores, 0],
        };
    }
}
