using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using Microsoft.Extensions.AI;

namespace Llamalith.Tests;

/// <summary>Anthropic's and Ollama's APIs over a client that says what a test wants.</summary>
public sealed class OtherApiTests
{
    private const string ToolUse =
        """
        {"model":"script","max_tokens":9,"system":[{"type":"text","text":"s"}],"tools":[{"name":"f","input_schema":{"type":"object"}}],
        "tool_choice":{"type":"any","disable_parallel_tool_use":true},"stop_sequences":["x"],"messages":[{"role":"user","content":"Hi"},
        {"role":"assistant","content":[{"type":"tool_use","id":"t0","name":"f","input":{"a":1}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t0","content":"r"},{"type":"text","text":"and?"}]}]}
        """;

    private static ScriptedClient Everything() => new(
        new TextReasoningContent("hm"), "Hel", "lo", new FunctionCallContent("t1", "f", new Dictionary<string, object?> { ["a"] = 1 }),
        ChatFinishReason.ToolCalls);

    [Fact]
    public async Task Message_HasBlocksAndUsage()
    {
        ScriptedClient client = Everything();
        await using RunningServer server = await RunningServer.StartAsync(client);
        (int status, JsonElement json) = await server.AskAsync("/v1/messages", ToolUse);
        Assert.Equal(200, status);
        Assert.Equal(
            ["thinking", "text", "tool_use"],
            json.GetProperty("content").EnumerateArray().Select(static block => block.GetProperty("type").GetString()));
        Assert.Equal("tool_use", json.GetProperty("stop_reason").GetString());
        Assert.Equal(4, json.GetProperty("usage").GetProperty("input_tokens").GetInt32());
        Assert.Equal(3, json.GetProperty("usage").GetProperty("cache_read_input_tokens").GetInt32());
        Assert.Equal(
            [ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.Tool, ChatRole.User],
            client.Messages.Select(static one => one.Role));
        Assert.Equal(["x"], client.Options.StopSequences!);
        Assert.False(client.Options.AllowMultipleToolCalls);
    }

    [Fact]
    public async Task MessageStream_OpensAndClosesEachBlock()
    {
        await using RunningServer server = await RunningServer.StartAsync(Everything());
        (List<JsonElement> events, _) = await server.StreamAsync("/v1/messages", ToolUse.Insert(1, "\"stream\":true,"));
        Assert.Equal(
            [
                "message_start", "content_block_start", "content_block_delta", "content_block_stop", "content_block_start",
                "content_block_delta",
                "content_block_delta", "content_block_stop", "content_block_start", "content_block_delta", "content_block_stop",
                "message_delta",
                "message_stop",
            ],
            events.Select(static one => one.GetProperty("type").GetString()));
        Assert.Equal("{\"a\":1}", events[9].GetProperty("delta").GetProperty("partial_json").GetString());
        Assert.Equal([0, 1, 2], events.Where(static one => one.GetProperty("type").GetString() == "content_block_stop")
            .Select(static one => one.GetProperty("index").GetInt32()));
    }

    [Theory]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", "max_tokens")]
    [InlineData("{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}", "messages[0].content[0].type")]
    [InlineData("{\"max_tokens\":1,\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}", "messages[0].role")]
    public async Task Message_ThatMakesNoSense_IsRefusedInItsForm(string body, string name)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"));
        (int status, JsonElement json) = await server.AskAsync("/v1/messages", body);
        Assert.Equal((400, "invalid_request_error"), (status, json.GetProperty("error").GetProperty("type").GetString()));
        Assert.Contains(name, json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OllamaChat_StreamsLines()
    {
        ScriptedClient client = Everything();
        await using RunningServer server = await RunningServer.StartAsync(client);
        using HttpResponseMessage response = await server.PostAsync(
            "/api/chat",
            """
            {"model":"script:latest","options":{"temperature":0.5,"num_predict":4},"format":{"type":"object"},"messages":[{"role":"user","content":"Hi"},
            {"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},{"role":"tool","content":"r"}]}
            """);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        JsonElement[] lines = [.. (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
        Assert.Equal("Hello", string.Concat(lines.Select(static line => line.GetProperty("message").GetProperty("content").GetString())));
        Assert.Equal(
            "f", lines[3].GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString());
        Assert.True(lines[^1].GetProperty("done").GetBoolean());
        Assert.Equal(2, lines[^1].GetProperty("eval_count").GetInt32());
        Assert.Equal((0.5f, 4), (client.Options.Temperature, client.Options.MaxOutputTokens));
        Assert.NotNull(Assert.IsType<ChatResponseFormatJson>(client.Options.ResponseFormat).Schema);
        // Its API tells of no ids: the result is of the call before it.
        Assert.Equal(
            Assert.IsType<FunctionCallContent>(client.Messages[1].Contents[0]).CallId,
            Assert.IsType<FunctionResultContent>(client.Messages[2].Contents[0]).CallId);
    }

    [Fact]
    public async Task OllamaGenerate_AnswersWholeWhereAsked()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("Hello"));
        (int status, JsonElement json) = await server.AskAsync("/api/generate", """{"model":"script","prompt":"Hi","stream":false}""");
        Assert.Equal(
            (200, "Hello", "stop"), (status, json.GetProperty("response").GetString(), json.GetProperty("done_reason").GetString()));
        (int refused, JsonElement error) = await server.AskAsync("/api/generate", """{"model":"script","prompt":"Hi","raw":true}""");
        Assert.Equal(400, refused);
        Assert.StartsWith("raw = true", error.GetProperty("error").GetString(), StringComparison.Ordinal);
        (int unknown, _) = await server.AskAsync("/api/show", """{"model":"other"}""");
        (int shown, _) = await server.AskAsync("/api/show", """{"model":"script:latest"}""");
        Assert.Equal((404, 200), (unknown, shown));
        Assert.Contains("\"name\":\"script\"", await server.GetAsync("/api/tags"), StringComparison.Ordinal);
    }

    private static JsonElement Parse(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}
