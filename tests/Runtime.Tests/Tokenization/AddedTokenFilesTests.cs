using System;
using System.Linq;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Tests.Readers;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

/// <summary>Folders of finetunes that have a tokenizer.model and tokens added beside it, and no tokenizer.json.</summary>
public sealed class AddedTokenFilesTests : IDisposable
{
    private static readonly TestVocabulary s_vocabulary =
        TestVocabulary.With(true, new(" ab", -1), new(" a", -2), new("ab", -3), new("a", -4), new("b", -5), new(" ", -6), new("<y>", -7));

    private readonly TempFolder _folder = new();

    public AddedTokenFilesTests() => _folder.Write("tokenizer.model", s_vocabulary.ToModel());

    private static int Count => s_vocabulary.Tokens.Count;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_TakesTheTokensOfAddedTokensJson()
    {
        Write("added_tokens.json", $$"""{"<|im_end|>": {{Count}}, "<tool>": {{Count + 1}}}""");
        Write("config.json", $$"""{"vocab_size": {{Count + 6}}}""");
        Tokenizer tokenizer = TokenizerLoader.Open(_folder.Path);
        Assert.Equal(Count + 2, tokenizer.VocabSize);
        Assert.Equal([Count + 1, .. s_vocabulary.Ids(" ab"), Count], tokenizer.Encode("<tool>ab<|im_end|>", parseSpecial: true));
        Assert.Equal([Count + 1, .. s_vocabulary.Ids(" ab")], tokenizer.Encode("<tool>ab"));
        Assert.DoesNotContain(Count, tokenizer.Encode("<|im_end|>"));
        Assert.Equal((Count, true), (tokenizer.EotId, tokenizer.Ends.Contains(Count)));

        GgufTokenizerMetadata metadata = TokenizerLoader.OpenAsGguf(_folder.Path);
        Assert.Equal((Count + 6, $"[PAD{Count + 2}]", (int)TokenKind.Unused),
            (metadata.Tokens.Length, metadata.Tokens[Count + 2], metadata.TokenTypes[^1]));
        Tokenizer again = GgufRoundTrip.Of(_folder, metadata);
        Assert.Equal(tokenizer.Encode("<tool>ab [PAD]<|im_end|>a", parseSpecial: true),
            again.Encode("<tool>ab [PAD]<|im_end|>a", parseSpecial: true));
        Assert.Equal(tokenizer.Ends.Tokens.ToArray(), again.Ends.Tokens.ToArray());
    }

    [Fact]
    public void Open_TakesTheTokensOfTokenizerConfigJson()
    {
        Write("tokenizer_config.json", $$$"""
            {"added_tokens_decoder": {
              "0": {"content": "<unk>", "special": true}, "1": {"content": "<s>", "special": true}, "2": {"content": "</s>", "special": true},
              "{{{Count - 1}}}": {"content": "<z>", "special": false},
              "{{{Count}}}": {"content": "<|im_start|>", "special": true},
              "{{{Count + 2}}}": {"content": "<q>", "special": false, "rstrip": true, "lstrip": true}},
             "bos_token": "<|im_start|>", "eos_token": {"content": "<z>"}, "pad_token": "</s>", "add_bos_token": false, "add_eos_token": true}
            """);
        Tokenizer tokenizer = TokenizerLoader.Open(_folder["tokenizer.model"]);
        Assert.Equal((Count + 3, Count, Count - 1), (tokenizer.VocabSize, tokenizer.BosId, tokenizer.EosId));
        Assert.Equal((false, true), (tokenizer.AddBos, tokenizer.AddEos));
        Assert.Equal([TokenKind.Control, TokenKind.Control, TokenKind.Unused, TokenKind.UserDefined],
            Enumerable.Range(Count - 1, 4).Select(tokenizer.GetKind));
        Assert.Equal([.. s_vocabulary.Ids(" a"), Count + 2, .. s_vocabulary.Ids(" ", "b")], tokenizer.Encode("a <q>  b"));
        Assert.Equal([Count - 1, .. s_vocabulary.Ids(" a")], tokenizer.Encode("<z>a", parseSpecial: true));
        Assert.False(tokenizer.TryGetId("<y>", out _));

        GgufTokenizerMetadata metadata = TokenizerLoader.OpenAsGguf(_folder.Path);
        Assert.Equal(2, metadata.PaddingId);
        Tokenizer again = GgufRoundTrip.Of(_folder, metadata);
        GgufRoundTrip.AssertSame(tokenizer, again);
        Assert.Equal(tokenizer.Encode("a <q>  b<z> <q>"), again.Encode("a <q>  b<z> <q>"));
    }

    [Theory]
    [InlineData("""{"legacy": true}""", true, true)]
    [InlineData("""{}""", true, true)]
    [InlineData("""{"legacy": false}""", true, false)]
    [InlineData("""{"add_prefix_space": false}""", false, false)]
    public void Open_PutsSpacesAsTheConfigSays(string config, bool atStart, bool afterTokens)
    {
        Write("tokenizer_config.json", config);
        Write("added_tokens.json", $$"""{"<t>": {{Count}}}""");
        Tokenizer tokenizer = TokenizerLoader.Open(_folder.Path);
        int[] expected = [s_vocabulary.Id(atStart ? " ab" : "ab"), Count, s_vocabulary.Id(afterTokens ? " ab" : "ab")];
        Assert.Equal(expected, tokenizer.Encode("ab<t>ab"));
        Assert.Equal(expected, GgufRoundTrip.Of(_folder, TokenizerLoader.OpenAsGguf(_folder.Path)).Encode("ab<t>ab"));
    }

    [Fact]
    public void Open_NamesWhatIsWrong()
    {
        Refuses("added_tokens.json", """{"<t>": "x"}""", "'<t>' has no whole number");
        Refuses("added_tokens.json", """{"<t>": 300000000}""", "at most 1048576 tokens");
        Refuses("added_tokens.json", """{"<t>": -1}""", "has the id -1");
        Refuses("added_tokens.json", "[]", "no sound added_tokens.json");
        Refuses("tokenizer_config.json", """{"added_tokens_decoder": {"x": {"content": "<t>"}}}""", "'x'");
        Refuses("tokenizer_config.json", "{", "no sound tokenizer_config.json");

        void Refuses(string name, string text, string message)
        {
            Write(name, text);
            string told = Assert.Throws<ModelFormatException>(() => TokenizerLoader.Open(_folder.Path)).Message;
            Assert.Contains(message, told, StringComparison.Ordinal);
            Assert.Contains(name, told, StringComparison.Ordinal);
            Write(name, "{}");
        }
    }

    private void Write(string name, string text) => _folder.Write(name, Encoding.UTF8.GetBytes(text));
}
