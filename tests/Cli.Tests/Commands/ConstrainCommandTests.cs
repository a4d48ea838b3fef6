using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;

namespace Llamalith.Tests.Commands;

public sealed class ConstrainCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Check_SaysWhereAndWhatCouldStandThere()
    {
        string schema = Write(
            "s.json", """{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false}""");
        string texts = Write("t.jsonl", """
            {"text": "{\"n\":1}"}
            {"text": "{\"n\":\"1\"}"}
            {"text": "{\"m\":1}"}

            {"text": "{\"n\":1"}
            """);
        string[] lines = (await CommandLine.SucceedAsync("constrain", "--schema", schema, "--check", texts, "--plain")).TrimEnd()
            .Split(Environment.NewLine);
        Assert.Equal(
            [
                "line 1: accepted", "line 2: rejected at byte 5, where '\"' stands instead of '-', '0'-'9'",
                "line 3: rejected at byte 2, where 'm' stands instead of 'n'",
                "line 5: rejected at byte 6, where the end stands instead of '0'-'9', '}'",
            ],
            lines);
        string json =
            (await CommandLine.SucceedAsync("constrain", "--schema", schema, "--check", texts, "-o", "json")).Split(Environment.NewLine)[1];
        using JsonDocument second = JsonDocument.Parse(json);
        Assert.Equal(5, second.RootElement.GetProperty("byte").GetInt32());
        Assert.False(second.RootElement.GetProperty("accepted").GetBoolean());
    }

    [Fact]
    public async Task Check_TakesPatternsAndGrammars()
    {
        string texts = Write("t.jsonl", "{\"text\": \"a12\"}\n{\"text\": \"ab\"}\n");
        string output = await CommandLine.SucceedAsync("constrain", "--regex", @"\d\d", "--check", texts);
        Assert.StartsWith($"line 1: accepted{Environment.NewLine}line 2: rejected at byte 2, where the end stands instead of ", output,
            StringComparison.Ordinal);
        string grammar = Write("g.gbnf", "root ::= \"a\" [0-9]+");
        Assert.Contains("line 2: rejected at byte 1, where 'b' stands instead of '0'-'9'",
            await CommandLine.SucceedAsync("constrain", "--grammar", grammar, "--check", texts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Suite_CountsWhatIsTakenRefusedAndWrong()
    {
        string suite = Write("s.jsonl", """
            {"name": "a", "schema": {"type": "integer"}, "tests": [{"valid": true, "data": 1}, {"valid": false, "data": "x"}, {"valid": true, "data": "wrong"}]}
            {"name": "b", "schema": {"uniqueItems": true}, "tests": []}
            """);
        string output = await CommandLine.SucceedAsync("constrain", "--suite", suite);
        Assert.Contains("schemas: 2, taken 1 (50.0 %), refused 1", output, StringComparison.Ordinal);
        Assert.Contains("1  uniqueItems", output, StringComparison.Ordinal);
        Assert.Contains("valid and accepted 1, invalid and rejected 1", output, StringComparison.Ordinal);
        Assert.Contains("invalid accepted 0, valid of plain form rejected 1", output, StringComparison.Ordinal);
        using JsonDocument json =
            JsonDocument.Parse(await CommandLine.SucceedAsync(
                "constrain", "--suite", suite, "--tokenizer", TinyModels.WriteGguf(_folder["m.gguf"]), "-o", "json"));
        Assert.Equal(1, json.RootElement.GetProperty("taken").GetInt32());
        Assert.Equal(0, json.RootElement.GetProperty("masks_without_own_token").GetInt32());
    }

    [Fact]
    public async Task Constrain_NamesWhatItCannotHonour()
    {
        string schema = Write("s.json", """{"type": "array", "uniqueItems": true}""");
        Assert.Equal($"{schema}: #: uniqueItems is not supported", await CommandLine.FailAsync("constrain", "--schema", schema));
        Assert.Contains("no regular expression", await CommandLine.FailAsync("constrain", "--regex", "(a"), StringComparison.Ordinal);
        Assert.Contains(
            "Only one of --schema", await CommandLine.FailAsync("constrain", "--schema", schema, "--regex", "a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Constrain_NeedsSomethingToCheck() =>
        Assert.Contains("One of --schema FILE", await CommandLine.FailAsync("constrain"), StringComparison.Ordinal);

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }
}
