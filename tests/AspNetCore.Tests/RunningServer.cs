using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Llamalith.Tests;

/// <summary>A server on a port of its own.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningServer(WebApplication app) => _app = app;

    public HttpClient Http { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public static async Task<RunningServer> StartAsync(
        IChatClient client, LlamaServerOptions? options = null, IEmbeddingGenerator<string, Embedding<float>>? embeddings = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        app.MapLlama(options, [new ServedModel("script", client) { Aliases = ["gpt-4o"], Embeddings = embeddings }]);
        await app.StartAsync();
        RunningServer server = new(app);
        server.Http.BaseAddress = server.Address;
        return server;
    }

    public Task StopAsync() => _app.StopAsync();

    public Task<string> GetAsync(string route) => Http.GetStringAsync(route, TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> PostAsync(string route, string json, bool whole = true) => Http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, route) { Content = new StringContent(json, Encoding.UTF8, "application/json") },
        whole ? HttpCompletionOption.ResponseContentRead : HttpCompletionOption.ResponseHeadersRead);

    /// <summary>The answer's status and JSON.</summary>
    public async Task<(int Status, JsonElement Json)> AskAsync(string route, string json)
    {
        using HttpResponseMessage response = await PostAsync(route, json);
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return ((int)response.StatusCode, document.RootElement.Clone());
    }

    /// <summary>The data of all events; the last one as text.</summary>
    public async Task<(List<JsonElement> Events, string Last)> StreamAsync(string route, string json)
    {
        using HttpResponseMessage response = await PostAsync(route, json);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        string text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        List<JsonElement> events = [];
        string last = "";
        foreach (string frame in text[..^2].Split("\n\n"))
        {
            last = frame.Split('\n')[^1];
            Assert.StartsWith("data: ", last, StringComparison.Ordinal);
            if (last == "data: [DONE]")
                continue;
            using JsonDocument document = JsonDocument.Parse(last[6..]);
            events.Add(document.RootElement.Clone());
        }
        return (events, last);
    }

    /// <summary>What the server says to bytes as they are, until it closes.</summary>
    public async Task<string> RawAsync(string request, bool reads = true)
    {
        using TcpClient client = new();
        await client.ConnectAsync(Address.Host, Address.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        if (!reads)
            return "";
        using StreamReader reader = new(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
