using System;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore;
using Llamalith.AspNetCore.OpenAI;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Llamalith.Tests;

/// <summary>Requests that are damaged at random: each is answered or refused, and none is the server's fault.</summary>
public sealed class MutationTests
{
    private const string Request =
        """
        {"model":"script","stream":false,"temperature":0.7,"top_p":0.9,"seed":3,"stop":["\n","\u00e9"],"n":2,"logit_bias":{"1":2},
        "response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}},"tool_choice":"auto",
        "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],"messages":[
        {"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"\ud83d\ude00"}]},{"role":"assistant","content":null,
        "tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":[1,2]}"}}]},{"role":"tool","tool_call_id":"1","content":"r"}]}
        """;

    [Fact]
    public async Task Requests_ThatAreDamaged_NeverFailTheServer()
    {
        ServiceCollection services = new();
        services.AddLogging();
        await using ServiceProvider provider = services.BuildServiceProvider();
        using LlamaServer server = new(provider, new LlamaServerOptions(), [new ServedModel("script", new ScriptedClient("x"))]);
        ApiEndpoint endpoint = new(server, OpenAIForm.Instance, ChatCompletions.HandleAsync);
        Random random = new(1);
        int answered = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] body = Encoding.UTF8.GetBytes(Request);
            int changes = random.Next(4);
            for (int change = 0; change < changes; change++)
                body = Damage(body, random);
            DefaultHttpContext context = new();
            context.Request.Body = new MemoryStream(body);
            using MemoryStream answer = new();
            context.Response.Body = answer;
            await endpoint.InvokeAsync(context);
            int status = context.Response.StatusCode;
            Assert.True(status is 200 or 400 or 404, $"Status {status} for {Encoding.UTF8.GetString(body)}");
            answered += status == 200 ? 1 : 0;
            if (status != 200)
            {
                using JsonDocument error = JsonDocument.Parse(answer.ToArray());
                Assert.NotEmpty(error.RootElement.GetProperty("error").GetProperty("message").GetString()!);
            }
        }
        Assert.InRange(answered, 5_000, 19_000);
        Assert.Equal((0, 0), (server.Gate.Running, server.Gate.Waiting));
    }

    private static byte[] Damage(byte[] body, Random random)
    {
        int at = random.Next(body.Length), length = Math.Min(random.Next(1, 12), body.Length - at);
        ReadOnlySpan<byte> signs = "{}[]\",:0-9eE.\\u\0\xff tfn"u8;
        switch (random.Next(5))
        {
            case 0:
                body[at] = (byte)random.Next(256);
                return body;
            case 1:
                body[at] = signs[random.Next(signs.Length)];
                return body;
            case 2:
                return length < body.Length ? [.. body[..at], .. body[(at + length)..]] : body;
            case 3:
                return [.. body[..at], .. body.AsSpan(random.Next(body.Length - length + 1), length), .. body[at..]];
            default:
                // Cut off, but not to nothing: the next change needs a place.
                return at > 0 && random.Next(8) == 0 ? body[..at] : body;
        }
    }
}
