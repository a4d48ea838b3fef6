using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Commands;

public sealed class TokenizeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public TokenizeCommandTests() => _model = TinyModels.WriteGguf(_folder["m.gguf"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tokenize_ListsIdsAndPieces()
    {
        string[] lines = (await CommandLine.SucceedAsync("tokenize", _model, "-p", "ab\n\"ae")).TrimEnd().Split(Environment.NewLine);
        Assert.Equal(["     1  (begin)", "   259  \" \"", "   260  \"a\"", "   261  \"b\"", "    13  <0x0A>", "    37  <0x22>",
            "   286  \"ae\""], lines);
    }

    [Fact]
    public async Task Tokenize_WritesJson()
    {
        await File.WriteAllTextAsync(_folder["text"], "aeö", TestContext.Current.CancellationToken);
        string output = await CommandLine.SucceedAsync("tokenize", _model, "-f", _folder["text"], "-o", "json");
        using JsonDocument json = JsonDocument.Parse(output);
        (int, string?, string?)[] tokens = [.. json.RootElement.EnumerateArray()
            .Select(e => (e.GetProperty("id").GetInt32(), e.GetProperty("kind").GetString(), e.GetProperty("piece").GetString()))];
        Assert.Equal(
            [(1, "control", ""), (259, "normal", " "), (286, "normal", "ae"), (198, "byte", "\uFFFD"), (185, "byte", "\uFFFD")], tokens);
    }

    [Fact]
    public async Task Decode_IsTheWayBack()
    {
        const string Text = "ab \"ae\" grüße 🙂";
        string output = await CommandLine.SucceedAsync("tokenize", _model, "-p", Text, "-o", "json", "--no-bos");
        using JsonDocument json = JsonDocument.Parse(output);
        string ids = string.Join(", ", json.RootElement.EnumerateArray().Select(e => e.GetProperty("id").GetInt32()));
        Assert.Equal(Text, (await CommandLine.SucceedAsync("tokenize", _model, "--decode", "-p", ids)).TrimEnd());
        using JsonDocument decoded =
            JsonDocument.Parse(await CommandLine.SucceedAsync("tokenize", _model, "--decode", "-p", ids, "-o", "json"));
        Assert.Equal(Text, decoded.RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Tokenize_SaysWhatIsMissingOrWrong()
    {
        Assert.Equal(
            "'300' is no token id; they are 0 to 299.", await CommandLine.FailAsync("tokenize", _model, "--decode", "-p", "1 300"));
        Assert.Equal("'-1' is no token id; they are 0 to 299.", await CommandLine.FailAsync("tokenize", _model, "--decode", "-p", "-1"));
    }

    [Fact]
    public async Task Tokenize_TakesATokenizerByItself()
    {
        string[] pieces = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), "▁a", "a", "▁", "b"];
        float[] scores = [.. pieces.Select((_, i) => -(float)i)];
        TokenKind[] kinds =
            [.. pieces.Select(
                (_, i) => i == 0 ? TokenKind.Unknown : i < 3 ? TokenKind.Control : i < 259 ? TokenKind.Byte : TokenKind.Normal)];
        await using (FileStream file = File.Create(_folder["tokenizer.bin"]))
            SentencePieceTokenizer.FromPieces(pieces, scores, kinds).WriteLlama2c(file);
        string vocabulary = string.Join(',', pieces.Select((piece, i) => $"{JsonSerializer.Serialize(piece)}:{i}"));
        await File.WriteAllTextAsync(
            _folder["tokenizer.json"],
            $$$"""
            {"added_tokens":[{"id":1,"content":"<s>","special":true}],
             "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
             "model":{"type":"BPE","unk_token":"<unk>","byte_fallback":true,"vocab":{{{{vocabulary}}}},"merges":["▁ a"]}}
            """,
            TestContext.Current.CancellationToken);
        foreach (string path in (string[])[_folder["tokenizer.bin"], _folder["tokenizer.json"], _folder.Path])
        {
            string[] lines =
                (await CommandLine.SucceedAsync("tokenize", path, "-p", "ab", "--no-bos")).TrimEnd().Split(Environment.NewLine);
            Assert.Equal(["   259  \" a\"", "   262  \"b\""], lines);
        }
        Assert.Contains("model.vocab", await CommandLine.FailAsync("tokenize", Written("other.json", "{\"a\": 1}"), "-p", "ab"),
            StringComparison.Ordinal);
    }

    private string Written(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }
}
