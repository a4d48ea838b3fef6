using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.AI;

namespace Llamalith.Tests;

/// <summary>Routes beside the chat, and a compiled model's own client behind all of them.</summary>
public sealed class StatusTests
{
    private const string Chat = """{"max_tokens":40,"messages":[{"role":"user","content":"Hi"}]}""";

    [Fact]
    public async Task CompiledModel_AnswersWithTimesAndTokens()
    {
        using Script script = new(Script.ChatMl, "Hello there\u00e9.");
        await using RunningServer server = await RunningServer.StartAsync(script.Client);
        (int status, JsonElement json) = await server.AskAsync("/v1/chat/completions", Chat);
        Assert.Equal(200, status);
        Assert.Equal("Hello there\u00e9.", json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.True(json.GetProperty("timings").GetProperty("predicted_n").GetInt32() > 5);
        (List<JsonElement> events, string last) = await server.StreamAsync("/v1/chat/completions", Chat.Insert(1, "\"stream\":true,"));
        Assert.Equal("data: [DONE]", last);
        Assert.Equal("Hello there\u00e9.", string.Concat(events.Select(static one => one.GetProperty("choices")[0].GetProperty("delta"))
            .Select(static delta => delta.TryGetProperty("content", out JsonElement text) ? text.GetString() : "")));
    }

    [Fact]
    public async Task Prompt_BeyondTheContext_IsTheClientsError()
    {
        using Script script = new(Script.ChatMl, null, ["x"], context: 64);
        await using RunningServer server = await RunningServer.StartAsync(script.Client);
        (int status, JsonElement json) = await server.AskAsync(
            "/v1/chat/completions", Chat.Replace("Hi", new string('a', 100), StringComparison.Ordinal));
        Assert.Equal((400, "context_length_exceeded"), (status, json.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Tokens_GoThereAndBack()
    {
        using Script script = new(Script.ChatMl, "x");
        await using RunningServer server = await RunningServer.StartAsync(script.Client);
        (int status, JsonElement json) = await server.AskAsync("/tokenize", """{"content":"a\u00e9 b"}""");
        Assert.Equal(200, status);
        (_, JsonElement back) = await server.AskAsync("/detokenize", "{\"tokens\":" + json.GetProperty("tokens").GetRawText() + "}");
        Assert.Equal("a\u00e9 b", back.GetProperty("content").GetString());
        (int outside, JsonElement error) = await server.AskAsync("/detokenize", """{"tokens":[1,999999]}""");
        Assert.Equal((400, "tokens[1]"), (outside, error.GetProperty("error").GetProperty("param").GetString()));
    }

    [Fact]
    public async Task Embeddings_ComeAsNumbersAndAsBase64()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"), embeddings: new Lengths());
        (int status, JsonElement json) = await server.AskAsync("/v1/embeddings", """{"input":["ab","c"]}""");
        Assert.Equal(200, status);
        Assert.Equal(
            [2f, -1f], json.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(static one => one.GetSingle()));
        (_, json) = await server.AskAsync("/v1/embeddings", """{"input":"ab","encoding_format":"base64"}""");
        byte[] bytes = json.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal([2f, -1f], [BitConverter.ToSingle(bytes), BitConverter.ToSingle(bytes, 4)]);
    }

    [Fact]
    public async Task Embeddings_OfAModelWithoutThem_AreRefused()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"));
        (int status, _) = await server.AskAsync("/v1/embeddings", """{"input":"ab"}""");
        Assert.Equal(501, status);
    }

    private sealed class Lengths : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(
                values.Select(static text => new Embedding<float>(new float[] { text.Length, -1 }))));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
