using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using CsCheck;
using Llamalith.Tests.Readers;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

/// <summary>
/// Tokens that are recognized by name, with all of Hugging Face's flags. added-tokens.json holds small tokenizers of every way to treat
/// spaces, and what Hugging Face's own library (tokenizers 0.21, by Tokenizers.DotNet 1.4.1) makes of texts full of such tokens.
/// </summary>
public class AddedTokenTests
{
    private static readonly Lazy<JsonElement> s_goldens = new(() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Tokenization", "added-tokens.json"))).RootElement);

    private static readonly Gen<string> s_texts = Gen.OneOf(
        "a", "b", "ab", " ", "  ", "zz", "é", "e\u0301", "\n", "\u2581", "<m>", "<r>", "<l>", "<q>", "<w>", "<lr>", "<nw>", "<nl>", "é<n>",
        "<s>", "</s>", "_", "日")
        .List[0, 12].Select(string.Concat);

    public static TheoryData<string> Kinds => [.. s_goldens.Value.EnumerateObject().Select(kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Encode_RecognizesThemAsHuggingFaceDoes(string kind)
    {
        Tokenizer tokenizer = Read(kind);
        foreach (JsonElement golden in s_goldens.Value.GetProperty(kind).GetProperty("cases").EnumerateArray())
        {
            string text = golden[0].GetString()!;
            Assert.Equal((text, string.Join(' ', golden[1].EnumerateArray().Select(id => id.GetInt32()))),
                (text, string.Join(' ', tokenizer.Encode(text, parseSpecial: true))));
        }
    }

    /// <summary>A GGUF file says the same again, though other readers know but a part of it.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void ToGguf_LosesNothing(string kind)
    {
        BytePairTokenizer tokenizer = Read(kind);
        using TempFolder folder = new();
        Tokenizer again = GgufRoundTrip.Of(folder, tokenizer.ToGguf());
        GgufRoundTrip.AssertSame(tokenizer, again);
        s_texts.Sample(
            text =>
            {
                foreach (bool special in (bool[])[false, true])
                    Assert.Equal(tokenizer.Encode(text, parseSpecial: special), again.Encode(text, parseSpecial: special));
                int[] tokens = tokenizer.Encode(text, parseSpecial: true);
                Assert.Equal(tokenizer.Decode(tokens, showSpecial: true), again.Decode(tokens, showSpecial: true));
                Assert.Equal(tokenizer.Decode(tokens), again.Decode(tokens));
            }, iter: 1000);
    }

    /// <summary>
    /// llama.cpp's and Hugging Face's way: the name is found in the text as it is, and the space is put before what follows.
    /// </summary>
    [Fact]
    public void Encode_OfAGgufFilePutsASpaceAfterATokenAndNoneBefore()
    {
        TestVocabulary vocabulary = TestVocabulary.With(true, new(" ab", -1), new(" a", -2), new("ab", -3), new("a", -4), new("b", -5),
            new(" ", -6), new("<x>", 0, TokenKind.UserDefined));
        using TempFolder folder = new();
        Tokenizer gguf = GgufRoundTrip.Of(folder, GgufRoundTrip.Foreign(vocabulary));
        Assert.Equal(vocabulary.Ids("<x>", " ab"), gguf.Encode("<x>ab"));
        Assert.Equal(vocabulary.Ids(" ab", "<x>", " ab", "<x>"), gguf.Encode("ab<x>ab<x>"));
        Assert.Equal(vocabulary.Ids(" ", " ab"), gguf.Encode(" ab"));

        // SentencePiece itself takes it for a part of the text, whose space comes first.
        SentencePieceTokenizer model = (SentencePieceTokenizer)vocabulary.FromModel();
        Assert.Equal(vocabulary.Ids(" ", "<x>", "ab"), model.Encode("<x>ab"));
        Assert.Equal(vocabulary.Ids(" ", "<x>", "ab"), GgufRoundTrip.Of(folder, model.ToGguf()).Encode("<x>ab"));
    }

    /// <summary>A line end after one of Phi-3's marks belongs to it, as llama.cpp knows by the model's name.</summary>
    [Theory]
    [InlineData("Phi-3 Mini", true)]
    [InlineData("phi3", true)]
    [InlineData("Llama", false)]
    [InlineData(null, false)]
    public void Encode_OfAGgufFileOfPhi3StripsWhatFollowsMarks(string? name, bool strips)
    {
        TestVocabulary vocabulary =
            TestVocabulary.With(true, new(" a", -2), new("a", -4), new(" ", -6), new("<|end|>", 0, TokenKind.Control));
        Tokenizer tokenizer = GgufTokenizer.Create(GgufRoundTrip.Foreign(vocabulary) with { ModelName = name }, "test");
        int[] after = strips ? vocabulary.Ids(" a") : vocabulary.Ids(" ", "<0x0A>", "a");
        Assert.Equal([vocabulary.Id("<|end|>"), .. after], tokenizer.Encode("<|end|>\na", parseSpecial: true));
        Assert.Equal([1, .. vocabulary.Ids(" ", "<0x0A>", "a")], tokenizer.Encode("<s>\na", parseSpecial: true));
    }

    private static BytePairTokenizer Read(string kind) =>
        (BytePairTokenizer)TokenizerLoader.Read(
            Encoding.UTF8.GetBytes(s_goldens.Value.GetProperty(kind).GetProperty("file").GetRawText()), kind);
}
