using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Chat;
using Llamalith.Contracts;
using Llamalith.Extensions.AI;
using Llamalith.Stories;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Llamalith.Tests;

/// <summary>What others put before a chat client, over a scripted model and over one that is compiled into this program.</summary>
public sealed class PipelineTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddLlamaModel_RegistersTheModelOnce()
    {
        ServiceCollection services = new();
        services.AddLlamaModel<Fable>(static _ => Weights(), load: new() { Threads = 1 }).UseFunctionInvocation();
        services.AddLlamaModel<Fable>(static _ => Weights(), new() { ModelId = "second" }, new() { Threads = 1 }, "keyed");
        await using ServiceProvider provider = services.BuildServiceProvider();

        IChatClient client = provider.GetRequiredService<IChatClient>();
        Assert.Same(client, provider.GetRequiredService<IChatClient>());
        Assert.NotNull(client.GetService<FunctionInvokingChatClient>());
        Assert.Equal("Fable", client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Equal("second", provider.GetRequiredKeyedService<IChatClient>("keyed").GetService<ChatClientMetadata>()!.DefaultModelId);

        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 24 };
        ChatResponse response = await client.GetResponseAsync("Tell me about a dog.", options, Cancellation);
        Assert.Equal("Fable", response.ModelId);
        Assert.True(response.Text.Length > 40 && !char.IsWhiteSpace(response.Text[0]), response.Text);

        // What the template writes is what Llama-2-Chat's own form is.
        Tokenization.Tokenizer tokenizer = client.GetRequiredService<Tokenization.Tokenizer>();
        int[] prompt = Llama2ChatTemplate.Encode(tokenizer, [new ChatTurn("Tell me about a dog.")], null).Tokens;
        Assert.Equal(prompt.Length, response.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task AnyModel_KeepsToASchemaAndCallsAToolWhenItMust()
    {
        // Llama-2-Chat's own form, which says nothing of tools: the small context is for the answer.
        LlamaChatClientOptions terse = new()
        {
            ChatTemplate = "{% if tools %}{# <tool_call> name and arguments #}{% endif %}" + ChatTemplateSet.Llama2Source,
        };
        using LlamaChatClient client = OpenFable(terse);
        ChatOptions options = new() { Temperature = 1, Seed = 3, MaxOutputTokens = 150 };
        for (int i = 0; i < 8; i++)
        {
            options.Seed = i;
            ChatResponse<Pet> pet = await client.GetResponseAsync<Pet>("A pet, please.", options, cancellationToken: Cancellation);
            Assert.True(pet.FinishReason == ChatFinishReason.Length || pet.TryGetResult(out _), pet.Text);

            ChatOptions calling = options.Clone();
            calling.Tools = [AIFunctionFactory.Create(static (bool big, bool tame) => tame, "buy")];
            calling.ToolMode = ChatToolMode.RequireAny;
            calling.AllowMultipleToolCalls = false;
            ChatResponse response = await client.GetResponseAsync("Buy a pet.", calling, Cancellation);
            FunctionCallContent call = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
            Assert.Equal(["big", "tame"], call.Arguments!.Keys.Order());
        }
    }

    [Fact]
    public async Task DistributedCache_AndReducerAndTelemetryComposeWithIt()
    {
        using Script script = new(Script.ChatMl, "One.", "Two.");
        MemoryDistributedCache cache = new(Options.Create(new MemoryDistributedCacheOptions()));
#pragma warning disable MEAI001 // Reducers may change yet; that they run over a client is all that is asked here.
        using IChatClient client = script.Client.AsBuilder()
            .UseDistributedCache(cache).UseOpenTelemetry(sourceName: "test").UseChatReducer(new MessageCountingChatReducer(1)).Build();
#pragma warning restore MEAI001
        List<ChatMessage> talk = [new(ChatRole.User, "First"), new(ChatRole.Assistant, "Yes"), new(ChatRole.User, "Count")];
        ChatResponse first = await client.GetResponseAsync(talk, cancellationToken: Cancellation);
        int computed = script.Model.Computed;
        ChatResponse second = await client.GetResponseAsync(talk, cancellationToken: Cancellation);
        Assert.Equal(("One.", "One."), (first.Text, second.Text));
        Assert.Equal(computed, script.Model.Computed);
    }

    [Fact]
    public async Task Agent_TalksOverIt()
    {
        using Script script = new(
            Script.Hermes, null,
            ["<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\":2,\"b\":3}}\n</tool_call>", "It is 5.", "It was 5."],
            marks: [Script.Call]);
        AIAgent agent = new ChatClientAgent(
            script.Client, "You can add.", "adder", tools: [AIFunctionFactory.Create(static (int a, int b) => a + b, "add")]);
        AgentSession session = await agent.CreateSessionAsync(Cancellation);
        Assert.Equal("It is 5.", (await agent.RunAsync("2 + 3?", session, cancellationToken: Cancellation)).Text);
        Assert.Contains("<tool_response>5</tool_response>", script.Seen, StringComparison.Ordinal);
        Assert.Equal("It was 5.", (await agent.RunAsync("What was it?", session, cancellationToken: Cancellation)).Text);
        Assert.Contains("It is 5.", script.Seen, StringComparison.Ordinal);
    }

    private static Checkpoint Weights() => Checkpoint.OpenEmbedded(typeof(Fable).Assembly, Fable.WeightsName);

    private static LlamaChatClient OpenFable(LlamaChatClientOptions? options = null) => LlamaChatClient.Open<Fable>(
        Weights(), options, new LoadOptions { Threads = 1 });

    private sealed record Pet(bool Tame, int Legs);
}
