using System;
using System.Diagnostics;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.Tests;

/// <summary>What a server does not take, and whom it does not wait for.</summary>
public sealed class LimitTests
{
    private const string Route = "/v1/chat/completions";
    private const string Chat = """{"messages":[{"role":"user","content":"Hi"}]}""";
    private const string Streamed = """{"stream":true,"messages":[{"role":"user","content":"Hi"}]}""";

    public static TheoryData<string> BadBodies => new(
        "", "{", "[]", "null", "{\"messages\":[}", "{\"a\":\"\\ud800\"}", "{\"\\udc00\":1}",
        "{\"messages\":" + new string('[', 200) + new string(']', 200) + "}", "{\"messages\":[]} x");

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Body_ThatIsNoObject_IsRefused(string body)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"));
        (int status, JsonElement json) = await server.AskAsync(Route, body);
        Assert.Equal(400, status);
        Assert.NotEmpty(json.GetProperty("error").GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task Body_OfBrokenUtf8_IsRefused()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"));
        using ByteArrayContent body = new([.. "{\"model\":\""u8, 0xff, .. "\"}"u8]);
        using HttpResponseMessage response = await server.Http.PostAsync(Route, body, TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    public async Task Body_ThatIsTooLarge_IsRefused()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"), new() { MaxBodyBytes = 100 });
        (int status, _) = await server.AskAsync(Route, Chat + new string(' ', 100));
        Assert.Equal(413, status);
        (int fits, _) = await server.AskAsync(Route, Chat);
        Assert.Equal(200, fits);
    }

    [Fact]
    public async Task Key_IsAskedFor()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"), new() { ApiKeys = ["one", "two"] });
        (int none, JsonElement json) = await server.AskAsync(Route, Chat);
        Assert.Equal((401, "invalid_api_key"), (none, json.GetProperty("error").GetProperty("code").GetString()));
        foreach ((string name, string value, int status) in new[]
            { ("Authorization", "Bearer two", 200), ("Authorization", "Bearer tw", 401), ("x-api-key", "one", 200),
                ("x-api-key", "three", 401) })
        {
            using HttpRequestMessage request = new(HttpMethod.Post, Route) { Content = new StringContent(Chat) };
            request.Headers.Add(name, value);
            using HttpResponseMessage response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(status, (int)response.StatusCode);
        }
        using HttpResponseMessage health = await server.Http.GetAsync("/health", TestContext.Current.CancellationToken);
        Assert.True(health.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Client_ThatGoes_FreesItsPlaceForWhoeverWaits()
    {
        ScriptedClient client = new("a", TimeSpan.FromMinutes(5));
        await using RunningServer server = await RunningServer.StartAsync(client, new() { MaxRunning = 1, MaxWaiting = 1 });
        using CancellationTokenSource first = new(), second = new();
        Task<HttpResponseMessage> running = Send(server, first.Token);
        using HttpResponseMessage begun = await running;
        Task<HttpResponseMessage> waiting = Send(server, second.Token);
        await UntilAsync(server, "llamalith:requests_deferred 1\n");

        using HttpResponseMessage full = await server.PostAsync(Route, Chat);
        Assert.Equal(429, (int)full.StatusCode);
        Assert.Equal(1, full.Headers.RetryAfter!.Delta!.Value.TotalSeconds);

        begun.Dispose();
        await first.CancelAsync();
        using HttpResponseMessage next = await waiting;
        Assert.Equal(200, (int)next.StatusCode);
        next.Dispose();
        await second.CancelAsync();
        await UntilAsync(server, "llamalith:requests_processing 0\n");
        Assert.Equal(0, client.Running);
    }

    [Fact]
    public async Task FirstToken_ThatDoesNotCome_EndsTheRequest()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new ScriptedClient(TimeSpan.FromMinutes(5)), new() { FirstTokenTimeout = TimeSpan.FromMilliseconds(50) });
        (int status, JsonElement json) = await server.AskAsync(Route, Streamed);
        Assert.Equal((504, "timeout"), (status, json.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Answer_ThatTakesTooLong_EndsWithAnErrorInItsStream()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new ScriptedClient("a", TimeSpan.FromMinutes(5)), new() { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        (var events, _) = await server.StreamAsync(Route, Streamed);
        Assert.Equal("timeout", events[^1].GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Shutdown_CutsAnswersAfterItsGraceAndSaysSo()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new ScriptedClient("a", TimeSpan.FromMinutes(5)), new() { ShutdownGrace = TimeSpan.FromMilliseconds(100) });
        using HttpResponseMessage response = await server.PostAsync(Route, Streamed, whole: false);
        Task stopping = server.StopAsync();
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"code\":\"shutting_down\"", text, StringComparison.Ordinal);
        await stopping;
    }

    [Fact]
    public async Task Connections_ThatMakeNoSense_DisturbNobody()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ScriptedClient("x"));
        const string Head = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n";
        await server.RawAsync(Head + "Content-Length: 500\r\n\r\n{\"mess", reads: false);
        string bomb = string.Concat(Enumerable.Range(0, 200).Select(static i => $"X-{i}: {i}\r\n"));
        Assert.Contains(" 431 ", await server.RawAsync(Head + bomb + "\r\n"), StringComparison.Ordinal);
        Assert.Contains(" 400 ", await server.RawAsync("\0\0\0\r\n\r\n"), StringComparison.Ordinal);
        Assert.Contains(" 404 ", await server.RawAsync("GET /v1/../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
            StringComparison.Ordinal);
        (int status, _) = await server.AskAsync(Route, Chat);
        Assert.Equal(200, status);
    }

    private static Task<HttpResponseMessage> Send(RunningServer server, CancellationToken cancellation) => server.Http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, Route) { Content = new StringContent(Streamed, Encoding.UTF8, "application/json") },
        HttpCompletionOption.ResponseHeadersRead, cancellation);

    private static async Task UntilAsync(RunningServer server, string metric)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!(await server.GetAsync("/metrics")).Contains(metric, StringComparison.Ordinal))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"There is no {metric}.");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
