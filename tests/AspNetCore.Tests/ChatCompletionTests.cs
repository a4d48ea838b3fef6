using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Microsoft.Extensions.AI;

namespace Llamalith.Tests;

/// <summary>/v1/chat/completions over a client that says what a test wants.</summary>
public sealed class ChatCompletionTests
{
    private const string Route = "/v1/chat/completions";

    private static string Chat(string more = "") =>
        "{" + more + "\"model\":\"script\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    [Fact]
    public async Task Answer_HasTextReasonAndUsage()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new ScriptedClient(new TextReasoningContent("hm"), "Hel", "lo", ChatFinishReason.Length));
        (int status, JsonElement json) = await server.AskAsync(Route, Chat());
        Assert.Equal(200, status);
        JsonElement choice = json.GetProperty("choices")[0];
        Assert.Equal("Hello", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("hm", choice.GetProperty("message").GetProperty("reasoning_content").GetString());
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(9, json.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(3, json.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
        string metrics = await server.GetAsync("/metrics");
        Assert.Contains("llamalith:tokens_predicted_total 2\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_HasWholeCharactersAnEndAndUsage()
    {
        // A pair in two halves, and half a pair at the end.
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("a\ud83d", "\ude00b", "\ud83d"));
        (List<JsonElement> events, string last) = await server.StreamAsync(
            Route, Chat("\"stream\":true,\"stream_options\":{\"include_usage\":true},"));
        Assert.Equal("data: [DONE]", last);
        Assert.Equal(9, events[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(0, events[^1].GetProperty("choices").GetArrayLength());
        JsonElement[] choices = [.. events.SkipLast(1).Select(static one => one.GetProperty("choices")[0])];
        string?[] deltas = [.. choices.Where(static choice => choice.GetProperty("delta").TryGetProperty("content", out _))
            .Select(static choice => choice.GetProperty("delta").GetProperty("content").GetString())];
        Assert.Equal(["", "a", "\ud83d\ude00b", "\ufffd"], deltas);
        Assert.Equal("assistant", choices[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal("stop", choices[^1].GetProperty("finish_reason").GetString());
        Assert.All(choices.SkipLast(1), static choice => Assert.Equal(JsonValueKind.Null, choice.GetProperty("finish_reason").ValueKind));
    }

    [Fact]
    public async Task SeveralAnswers_AreDrawnWithSeedsOfTheirOwn()
    {
        ScriptedClient client = new("x");
        await using RunningServer server = await RunningServer.StartAsync(client);
        (int status, JsonElement json) = await server.AskAsync(Route, Chat("\"n\":3,\"seed\":5,"));
        Assert.Equal(200, status);
        Assert.Equal([0, 1, 2], json.GetProperty("choices").EnumerateArray().Select(static one => one.GetProperty("index").GetInt32()));
        Assert.Equal(13, json.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(7, client.Options.Seed);
    }

    [Fact]
    public async Task Fields_ReachTheClient()
    {
        ScriptedClient client = new("x");
        await using RunningServer server = await RunningServer.StartAsync(client);
        (int status, _) = await server.AskAsync(Route, Chat(
            """
            "temperature":0.5,"top_p":0.9,"top_k":7,"min_p":0.1,"stop":["a","b"],"max_tokens":9,"logit_bias":{"3":-100},"unknown":1,
            "repeat_penalty":1.1,"reasoning_effort":"low","response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}},
            """));
        Assert.Equal(200, status);
        ChatOptions options = client.Options;
        Assert.Equal((0.5f, 0.9f, 7, 9), (options.Temperature, options.TopP, options.TopK, options.MaxOutputTokens));
        Assert.Equal(["a", "b"], options.StopSequences!);
        Assert.Equal(0.1f, options.AdditionalProperties!["min_p"]);
        Assert.Equal(1.1f, options.AdditionalProperties!["repeat_penalty"]);
        Assert.True(options.AdditionalProperties!.ContainsKey("logit_bias"));
        Assert.Equal("object", Assert.IsType<ChatResponseFormatJson>(options.ResponseFormat).Schema!.Value.GetProperty("type").GetString());
        Assert.Equal(ReasoningEffort.Low, options.Reasoning!.Effort);
    }

    [Fact]
    public async Task Tools_AreCalledAndTheirResultsRead()
    {
        ScriptedClient client = new(
            new FunctionCallContent("c1", "add", new Dictionary<string, object?> { ["a"] = 1, ["b"] = "\u00e9" }),
            ChatFinishReason.ToolCalls);
        await using RunningServer server = await RunningServer.StartAsync(client);
        const string Tools =
            """
            "tool_choice":{"type":"function","function":{"name":"add"}},"parallel_tool_calls":false,
            "tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object"}}}],"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c0","type":"function","function":{"name":"add","arguments":"{\"a\":2}"}}]},
            {"role":"tool","tool_call_id":"c0","content":"3"}]
            """;
        (int status, JsonElement json) = await server.AskAsync(Route, "{" + Tools + "}");
        Assert.Equal(200, status);
        JsonElement choice = json.GetProperty("choices")[0];
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        JsonElement function = choice.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function");
        Assert.Equal("{\"a\":1,\"b\":\"\u00e9\"}", function.GetProperty("arguments").GetString());
        Assert.Equal("add", Assert.IsType<RequiredChatToolMode>(client.Options.ToolMode).RequiredFunctionName);
        Assert.False(client.Options.AllowMultipleToolCalls);
        Assert.Equal("c0", Assert.IsType<FunctionCallContent>(client.Messages[1].Contents[0]).CallId);
        Assert.Equal("3", Assert.IsType<FunctionResultContent>(client.Messages[2].Contents[0]).Result);

        (List<JsonElement> events, _) = await server.StreamAsync(Route, "{\"stream\":true," + Tools + "}");
        JsonElement call = events[1].GetProperty("choices")[0].GetProperty("delta").GetProperty("tool_calls")[0];
        Assert.Equal((0, "c1"), (call.GetProperty("index").GetInt32(), call.GetProperty("id").GetString()));
    }

    [Theory]
    [InlineData("\"temperature\":\"hot\",", "temperature")]
    [InlineData("\"temperature\":-1,", "temperature")]
    [InlineData("\"top_p\":2,", "top_p")]
    [InlineData("\"n\":0,", "n")]
    [InlineData("\"n\":9,", "n")]
    [InlineData("\"max_tokens\":0,", "max_tokens")]
    [InlineData("\"max_tokens\":1.5,", "max_tokens")]
    [InlineData("\"stop\":[1],", "stop[0]")]
    [InlineData("\"stop\":\"\",", "stop")]
    [InlineData("\"logprobs\":true,", "logprobs")]
    [InlineData("\"stream\":\"yes\",", "stream")]
    [InlineData("\"modalities\":[\"audio\"],", "modalities[0]")]
    [InlineData("\"functions\":[],", "functions")]
    [InlineData("\"tools\":[{\"type\":\"web_search\"}],", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{}}],", "tools[0].function.name")]
    [InlineData("\"tool_choice\":\"maybe\",", "tool_choice")]
    [InlineData("\"response_format\":{\"type\":\"xml\"},", "response_format.type")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\"},", "response_format.json_schema")]
    public async Task Field_ThatCannotBeHonoured_IsNamed(string field, string name)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"));
        (int status, JsonElement json) = await server.AskAsync(Route, Chat(field));
        Assert.Equal((400, name), (status, json.GetProperty("error").GetProperty("param").GetString()));
        Assert.Contains(name.Split('.')[0], json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"role\":\"robot\",\"content\":\"x\"}", "messages[0].role")]
    [InlineData("{\"content\":\"x\"}", "messages[0].role")]
    [InlineData("{\"role\":\"user\"}", "messages[0].content")]
    [InlineData("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}", "messages[0].content[0].type")]
    [InlineData("{\"role\":\"tool\",\"content\":\"x\"}", "messages[0].tool_call_id")]
    [InlineData("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":\"[\"}}]}",
        "messages[0].tool_calls[0].function.arguments")]
    [InlineData("7", "messages[0]")]
    public async Task Message_ThatMakesNoSense_IsNamed(string message, string name)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"));
        (int status, JsonElement json) = await server.AskAsync(Route, "{\"messages\":[" + message + "]}");
        Assert.Equal((400, name), (status, json.GetProperty("error").GetProperty("param").GetString()));
    }

    [Fact]
    public async Task Model_IsFoundByItsAliasAndNoOther()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"));
        (int known, _) = await server.AskAsync(Route, Chat().Replace("script", "gpt-4o", StringComparison.Ordinal));
        (int unknown, JsonElement json) = await server.AskAsync(Route, Chat().Replace("script", "other", StringComparison.Ordinal));
        Assert.Equal((200, 404), (known, unknown));
        Assert.Equal("model_not_found", json.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("\"script\"", await server.GetAsync("/v1/models"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_AfterTheFirstToken_IsSentInTheStream()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("a", new InvalidOperationException("secret")));
        (List<JsonElement> events, string last) = await server.StreamAsync(Route, Chat("\"stream\":true,"));
        Assert.Equal("server_error", events[^1].GetProperty("error").GetProperty("type").GetString());
        Assert.DoesNotContain("secret", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_BeforeTheFirstToken_IsTheAnswer()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient(new NotSupportedException("No such thing.")));
        (int status, JsonElement json) = await server.AskAsync(Route, Chat("\"stream\":true,"));
        Assert.Equal((400, "No such thing."), (status, json.GetProperty("error").GetProperty("message").GetString()));
    }
}
