using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Tests.Readers;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

public class HuggingFaceTokenizerTests
{
    private const string Llama3Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen2Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Lines = @"\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Cased = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Small = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";

    private static readonly string[] s_bytes = [.. Enumerable.Range(0, 256).Select(b => PublishedRanks.Named([(byte)b]))];

    public static TheoryData<PreTokenizer, string> ByteLevelSteps => new()
    {
        { PreTokenizer.Gpt2, """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""" },
        { PreTokenizer.SmolLM,
            """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]}""" },
        { PreTokenizer.Llama3, Split(Llama3Pattern) },
        { PreTokenizer.Qwen2, Split(Qwen2Pattern) },
        { PreTokenizer.Qwen2,
            Split(Qwen2Pattern).Replace("\"Isolated\",\"invert\":false", "\"Removed\",\"invert\":true", StringComparison.Ordinal) },
        { PreTokenizer.Qwen35, Split(Contractions + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + Lines) },
        { PreTokenizer.Tekken, Split($@"{Cased}*{Small}+|{Cased}+{Small}*|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Lines}") },
        { PreTokenizer.Gpt4o, Split(
            $@"{Cased}*{Small}+{Contractions}?|{Cased}+{Small}*{Contractions}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Lines}") },
        {
            PreTokenizer.DeepSeek3, Split(
                @"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|"
                    + Lines)
        },
    };

    [Theory]
    [MemberData(nameof(ByteLevelSteps))]
    public void ByteLevel_IsReadWithItsWords(PreTokenizer words, string steps)
    {
        string[] merges = ["a b", "Ġ a", "Ã ©", "1 2"];
        JsonObject file = ByteLevelFile(merges, steps);
        BytePairTokenizer read = (BytePairTokenizer)Read(file);
        Assert.Equal(words, read.PreTokenizer);
        string[] pieces = [.. s_bytes, .. merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal))];
        BytePairTokenizer made = BytePairTokenizer.FromMerges(
            pieces, [.. pieces.Select(_ => TokenKind.Normal)], merges, new BytePairOptions { PreTokenizer = words, Nfc = true });
        NastyText.Any.Sample(text => Assert.Equal(made.Encode(text), read.Encode(text)), iter: 500);
    }

    [Fact]
    public void ByteLevel_CarriesItsMarksOverToGgufAndBack()
    {
        JsonObject file = ByteLevelFile(["a b", "Ġ a"], Split(Llama3Pattern));
        file["added_tokens"] =
            new JsonArray(Added(258, "<|begin_of_text|>", true), Added(259, "<|eot_id|>", true), Added(261, "<tool>", false));
        file["post_processor"] = JsonNode.Parse(
            """{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|begin_of_text|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]}]}""");
        using TempFolder folder = new();
        string path = folder.Write("tokenizer.json", Bytes(file));
        folder.Write("tokenizer_config.json",
            """{"bos_token":"<|begin_of_text|>","eos_token":{"content":"<|eot_id|>"},"chat_template":"{{ bos_token }}"}"""u8.ToArray());
        Tokenizer read = TokenizerLoader.Open(path);
        Assert.Equal((258, 259, 259, true), (read.BosId, read.EosId, read.EotId, read.AddBos));
        Assert.Equal(262, read.VocabSize);
        Assert.Equal([256, 261, 256], read.Encode("ab<tool>ab"));
        Assert.Equal([258, 256, 259], read.Encode("<|begin_of_text|>ab<|eot_id|>", addBos: true, parseSpecial: true));

        GgufTokenizerMetadata metadata = TokenizerLoader.OpenAsGguf(path);
        Assert.Equal(("gpt2", "llama-bpe", "{{ bos_token }}"), (metadata.Model, metadata.Pre, metadata.ChatTemplate));
        Assert.Equal(["a b", "Ġ a"], metadata.Merges);
        Tokenizer again = GgufTokenizer.Create(metadata, "again");
        Assert.Equal((read.BosId, read.EosId, read.EotId, read.AddBos), (again.BosId, again.EosId, again.EotId, again.AddBos));
        for (int id = 0; id < read.VocabSize; id++)
            Assert.Equal((read.GetName(id), read.GetKind(id)), (again.GetName(id), again.GetKind(id)));
        NastyText.Any.Sample(text => Assert.Equal(read.Encode(text), again.Encode(text)), iter: 500);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Llama2_EncodesAsTheModelItWasMadeOf(bool normalizing)
    {
        SentencePieceTokenizer model = (SentencePieceTokenizer)TokenizerLoader.Open(SharedData.PathOrSkip("llama2-tokenizer.model"), 32000);
        Tokenizer read = Read(Converted(model.ToGguf(), normalizing));
        Assert.Equal((1, true, 0), (read.BosId, read.AddBos, read.UnknownId));
        Gen.OneOf(NastyText.Any,
            Gen.OneOf("the ", "  a", " once upon a time", "Lily", "internationalization", "日本").List[0, 12].Select(string.Concat)).Sample(
            text =>
            {
                // Newer files put no second space before a text that has one.
                if (!normalizing && (text.StartsWith(' ') || text.StartsWith('\u2581')))
                    return;
                int[] tokens = model.Encode(text, addBos: true);
                Assert.Equal(tokens, read.Encode(text, addBos: true));
                Assert.Equal(model.Decode(tokens), read.Decode(tokens));
            }, iter: 20_000);
    }

    [Fact]
    public void Llama2_BecomesAVocabularyThatSentencePieceReads()
    {
        SentencePieceTokenizer model = (SentencePieceTokenizer)TokenizerLoader.Open(SharedData.PathOrSkip("llama2-tokenizer.model"), 32000);
        GgufTokenizerMetadata metadata = ((BytePairTokenizer)Read(Converted(model.ToGguf(), normalizing: true))).ToGguf();
        Assert.Equal("llama", metadata.Model);
        Assert.Equal(model.ToGguf().Tokens, (IEnumerable<string>)metadata.Tokens);
        Tokenizer again = GgufTokenizer.Create(metadata, "again");
        NastyText.Any.Sample(text => Assert.Equal(model.Encode(text), again.Encode(text)), iter: 5000);
    }

    [Fact]
    public void Read_RefusesWhatItCannotDo()
    {
        Refused("WordPiece", file => file["model"]!["type"] = "WordPiece");
        Refused("merges", file => file["model"]!.AsObject().Remove("merges"));
        Refused("vocab", file => file["model"]!.AsObject().Remove("vocab"));
        Refused("Lowercase", file => file["normalizer"] = JsonNode.Parse("""{"type":"Lowercase"}"""));
        Refused("[a-z]", file => file["pre_tokenizer"] = JsonNode.Parse(Split("[a-z]+")));
        Refused("Whitespace", file => file["pre_tokenizer"] = JsonNode.Parse("""{"type":"Whitespace"}"""));
        Refused("neither", file => file.Remove("pre_tokenizer"));
        Refused("end_of_word_suffix", file => file["model"]!["end_of_word_suffix"] = "</w>");
        Refused("300000000", file => file["added_tokens"] = new JsonArray(Added(300_000_000, "<x>", true)));
        Refused("same id", file => file["model"]!["vocab"]!["zz"] = 5);
        Refused("whole number", file => file["model"]!["vocab"]!["zz"] = "5");
        Refused("'zz'", file => file["model"]!["merges"] = new JsonArray("zz a"));

        static void Refused(string wanted, Action<JsonObject> change)
        {
            JsonObject file = ByteLevelFile(["a b"], Split(Llama3Pattern));
            change(file);
            Assert.Contains(wanted, Assert.Throws<ModelFormatException>(() => Read(file)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_OfAMutatedFileEndsInACleanErrorOrATokenizer()
    {
        byte[] file = Bytes(ByteLevelFile(["a b", "Ġ a"], Split(Llama3Pattern)));
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Byte, Gen.Int[0, file.Length]).Array[1, 4].Sample(changes =>
        {
            byte[] mutated = [.. file];
            foreach ((int at, byte value, int _) in changes)
                mutated[at] = value;
            if (changes[0].Item3 % 4 == 0)
                mutated = mutated[..changes[0].Item3];
            try
            {
                TokenizerLoader.Read(mutated, "mutated").Encode("ab ab");
            }
            catch (ModelFormatException)
            {
            }
        }, iter: 4000);
    }

    private static Tokenizer Read(JsonObject file) => TokenizerLoader.Read(Bytes(file), "tokenizer.json");

    private static byte[] Bytes(JsonObject file) => Encoding.UTF8.GetBytes(file.ToJsonString());

    private static string Split(params string[] patterns) =>
        $$"""{"type":"Sequence","pretokenizers":[{{string.Concat(patterns.Select(Cut))}}{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}""";

    private static string Cut(string pattern) =>
        $$$"""{"type":"Split","pattern":{"Regex":{{{JsonSerializer.Serialize(pattern)}}}},"behavior":"Isolated","invert":false},""";

    private static JsonObject Added(int id, string name, bool special) =>
        new() { ["id"] = id, ["content"] = name, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["special"] = special };

    private static JsonObject ByteLevelFile(string[] merges, string steps)
    {
        JsonObject vocab = [];
        foreach (string piece in (string[])[.. s_bytes, .. merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal))])
            vocab[piece] = vocab.Count;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["normalizer"] = JsonNode.Parse("""{"type":"NFC"}"""),
            ["pre_tokenizer"] = JsonNode.Parse(steps),
            ["decoder"] = JsonNode.Parse("""{"type":"ByteLevel"}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = null,
                ["byte_fallback"] = false,
                ["vocab"] = vocab,
                ["merges"] =
                    new JsonArray(
                        [.. merges.Select((merge, i) =>
                            i % 2 == 0 ? (JsonNode)merge : new JsonArray([.. merge.Split(' ').Select(part => (JsonNode)part)]))]),
            },
        };
    }

    /// <summary>
    /// What Hugging Face's converter makes of a SentencePiece model: for each piece the pairs of pieces that it consists of, the best piece
    /// first.
    /// </summary>
    private static JsonObject Converted(GgufTokenizerMetadata model, bool normalizing)
    {
        Dictionary<string, int> ids = [];
        for (int id = 0; id < model.Tokens.Length; id++)
            ids[model.Tokens[id]] = id;
        List<(float Score, int Left, int Right, string Merge)> merges = [];
        for (int id = 259; id < model.Tokens.Length; id++)
        {
            string piece = model.Tokens[id];
            for (int border = 1; border < piece.Length; border++)
                if (ids.TryGetValue(piece[..border], out int left) && ids.TryGetValue(piece[border..], out int right))
                    merges.Add((model.Scores[id], left, right, $"{piece[..border]} {piece[border..]}"));
        }
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added(0, "<unk>", true), Added(1, "<s>", true), Added(2, "</s>", true)),
            ["normalizer"] = normalizing
                ? JsonNode.Parse(
                    """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""")
                : null,
            ["pre_tokenizer"] =
                normalizing ? null : JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}"""),
            ["post_processor"] =
                JsonNode.Parse(
                    """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = new JsonObject(model.Tokens.Select((name, id) => KeyValuePair.Create(name, (JsonNode?)id))),
                ["merges"] =
                    new JsonArray([.. merges.OrderByDescending(merge => merge.Score).ThenBy(merge => merge.Left)
                        .ThenBy(merge => merge.Right).Select(merge => (JsonNode)merge.Merge)]),
            },
        };
    }
}
