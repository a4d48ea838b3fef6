using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.AI;

namespace Llamalith.Tests;

public sealed class ToolTests
{
    private const string BernCall = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\":\"Bern\"}}\n</tool_call>";
    private const string TimeCall = "<tool_call>\n{\"name\": \"get_time\", \"arguments\": {\"zone\":\"CET\"}}\n</tool_call>";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static AIFunction[] Tools =>
    [
        AIFunctionFactory.Create(static (string city) => $"Sunny in {city}", "get_weather", "The weather of a city."),
        AIFunctionFactory.Create(static ([Description("Its name")] string zone, int hours = 12) => $"Noon in {zone}", "get_time"),
    ];

    [Fact]
    public async Task Call_ComesOutOfFreeText()
    {
        using Script script = new(Script.Hermes, null, ["Let me look.\n" + BernCall], marks: [Script.Call, "</tool_call>"]);
        ChatResponse response = await script.Client.GetResponseAsync("Weather?", new ChatOptions { Tools = [.. Tools] }, Cancellation);

        Assert.Equal("Let me look.\n", response.Text);
        FunctionCallContent call = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal("get_weather", call.Name);
        Assert.Equal("Bern", Assert.IsType<JsonElement>(Assert.Single(call.Arguments!).Value).GetString());
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.Contains("\"name\": \"get_time\"", script.Seen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Calls_MayBeSeveralInOneAnswer(bool hasMarks)
    {
        using Script script = new(Script.Hermes, null, [BernCall + "\n" + TimeCall], marks: hasMarks ? [Script.Call] : []);
        ChatOptions options = new() { Tools = [.. Tools] };
        List<ChatResponseUpdate> updates =
            await script.Client.GetStreamingResponseAsync("Both?", options, Cancellation).ToListAsync(Cancellation);
        IEnumerable<FunctionCallContent> calls = updates.SelectMany(static update => update.Contents).OfType<FunctionCallContent>();
        Assert.Equal(["get_weather", "get_time"], calls.Select(static call => call.Name));
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
        Assert.Equal("", string.Concat(updates.Select(static update => update.Text)));

        options.AllowMultipleToolCalls = false;
        ChatResponse single = await script.Client.GetResponseAsync("Both? ", options, Cancellation);
        Assert.Equal("get_weather", Assert.Single(single.Messages[0].Contents.OfType<FunctionCallContent>()).Name);
    }

    [Fact]
    public async Task Arguments_AreHeldToTheSchema()
    {
        string wrong = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"town\":17,\"city\":false}}\n</tool_call>";
        using Script script = new(Script.Hermes, null, [wrong]);
        ChatResponse response = await script.Client.GetResponseAsync(
            "Weather?", new ChatOptions { Tools = [.. Tools], MaxOutputTokens = 200, AllowMultipleToolCalls = false }, Cancellation);
        foreach (FunctionCallContent call in response.Messages.SelectMany(static message => message.Contents).OfType<FunctionCallContent>())
            Assert.Equal(JsonValueKind.String, ((JsonElement)call.Arguments!["city"]!).ValueKind);
        Assert.DoesNotContain("town", script.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ToolMode_DecidesWhatMayBeCalled()
    {
        using Script none = new(Script.Hermes, "No tools.");
        ChatOptions options = new() { Tools = [.. Tools], ToolMode = ChatToolMode.None };
        Assert.Equal("No tools.", (await none.Client.GetResponseAsync("Weather?", options, Cancellation)).Text);
        Assert.DoesNotContain("get_weather", none.Seen, StringComparison.Ordinal);

        using Script any = new(Script.Hermes, BernCall);
        options.ToolMode = ChatToolMode.RequireAny;
        ChatResponse response = await any.Client.GetResponseAsync("Hi", options, Cancellation);
        Assert.Equal("get_weather", Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>()).Name);

        using Script named = new(Script.Hermes, TimeCall);
        options.ToolMode = ChatToolMode.RequireSpecific("get_time");
        response = await named.Client.GetResponseAsync("Hi", options, Cancellation);
        FunctionCallContent call = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal(("get_time", "CET"), (call.Name, call.Arguments!["zone"]!.ToString()));

        options.ToolMode = ChatToolMode.RequireSpecific("get_rich");
        ArgumentException error =
            await Assert.ThrowsAsync<ArgumentException>(() => named.Client.GetResponseAsync("Hi", options, Cancellation));
        Assert.Contains("get_rich", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(
            () => named.Client.GetResponseAsync("Hi", new ChatOptions { ToolMode = ChatToolMode.RequireAny }, Cancellation));
        NotSupportedException hosted = await Assert.ThrowsAsync<NotSupportedException>(
            () => named.Client.GetResponseAsync("Hi", new ChatOptions { Tools = [new HostedWebSearchTool()] }, Cancellation));
        Assert.Contains("HostedWebSearchTool", hosted.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_ThatIsCutOffIsNone()
    {
        using Script script = new(Script.Hermes, BernCall);
        ChatOptions options = new() { Tools = [.. Tools], ToolMode = ChatToolMode.RequireAny, MaxOutputTokens = 60 };
        ChatResponse response = await script.Client.GetResponseAsync("Weather?", options, Cancellation);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Empty(response.Messages.SelectMany(static message => message.Contents).OfType<FunctionCallContent>());
    }

    [Fact]
    public async Task Schema_AndToolsGoTogether()
    {
        ChatOptions options = new() { Tools = [.. Tools], ResponseFormat = ChatResponseFormat.ForJsonSchema<Answer>() };
        using Script calling = new(Script.Hermes, BernCall);
        ChatResponse response = await calling.Client.GetResponseAsync("Weather?", options, Cancellation);
        Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());

        using Script answering = new(Script.Hermes, "{\"sky\":\"clear\",\"degrees\":21}");
        response = await answering.Client.GetResponseAsync("Weather?", options, Cancellation);
        Assert.Equal(new Answer("clear", 21), JsonSerializer.Deserialize<Answer>(response.Text, AIJsonUtilities.DefaultOptions));
    }

    /// <summary>Templates of real models, and how each writes a call.</summary>
    [Theory]
    [InlineData("Qwen-Qwen2.5-7B-Instruct", "assistant\n", BernCall)]
    [InlineData("NousResearch-Hermes-3-Llama-3.1-8B-tool_use", "assistant\n", BernCall)]
    [InlineData("Qwen-Qwen3-0.6B", "assistant\n", "<think>\nHm.\n</think>\n\n" + BernCall)]
    [InlineData(
        "meta-llama-Llama-3.1-8B-Instruct", "assistant<|end_header_id|>\n\n", """{"name": "get_weather", "parameters": {"city":"Bern"}}""")]
    [InlineData(
        "meta-llama-Llama-3.2-3B-Instruct", "assistant<|end_header_id|>\n\n", """{"name":"get_weather","parameters": {"city":"Bern"}}""")]
    [InlineData(
        "mistralai-Mistral-Nemo-Instruct-2407", "[/INST]", """[TOOL_CALLS][{"name": "get_weather", "arguments": {"city":"Bern"}}]""")]
    [InlineData("Mistral-Small-3.2-24B-Instruct-2506", "[/INST]", """[TOOL_CALLS]get_weather[ARGS]{"city":"Bern"}""")]
    [InlineData("google-gemma-2-2b-it", "model\n", """{"name": "get_weather", "arguments": {"city":"Bern"}}""")]
    public async Task Template_HasItsOwnFormOfCalls(string name, string answerMark, string says)
    {
        string template = File.ReadAllText(SharedData.PathOrSkip($"templates/{name}.jinja"));
        string[] marks =
        [
            "[TOOL_CALLS]", "[ARGS]", "[INST]", "[/INST]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
            "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", Script.Call, "</tool_call>", "<think>", "</think>",
        ];
        using Script script = new(template, null, [says, "It is sunny in Bern."], context: 16384, marks)
        {
            AnswerMarks = answerMark == "[/INST]" ? [answerMark, "[/TOOL_RESULTS]"] : [answerMark],
        };
        using IChatClient client = script.Client.AsBuilder().UseFunctionInvocation().Build();
        ChatOptions options = new() { Tools = [.. Tools] };
        ChatResponse response = await client.GetResponseAsync("What is the weather in Bern?", options, Cancellation);

        Assert.Equal("It is sunny in Bern.", response.Text);
        FunctionCallContent call = Assert.Single(
            response.Messages.SelectMany(static message => message.Contents).OfType<FunctionCallContent>());
        Assert.Equal(("get_weather", "Bern"), (call.Name, call.Arguments!["city"]!.ToString()));
        Assert.Contains("Sunny in Bern", script.Seen, StringComparison.Ordinal);
        Assert.True(response.Usage!.CachedInputTokenCount > 0);
    }

    [Fact]
    public async Task Text_ThatOnlyBeginsLikeACallIsText()
    {
        const string Text = "{\"name\": \"get_rich\"}";
        using Script script = new(Script.ChatMl, Text);
        ChatResponse response = await script.Client.GetResponseAsync("Json?", new ChatOptions { Tools = [.. Tools] }, Cancellation);
        Assert.Equal(Text, response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task Tools_WithoutEndAreAClearError()
    {
        using Script script = new(Script.Hermes, "Hm.");
        AITool[] tools = [.. Enumerable.Range(0, 10_000).Select(static i => AIFunctionFactory.CreateDeclaration(
            $"tool_{i}", "One of many.", JsonElement.Parse("""{"type": "object", "properties": {"x": {"type": "integer"}}}""")))];
        await Assert.ThrowsAsync<Contracts.ContextFullException>(
            () => script.Client.GetResponseAsync("Which?", new ChatOptions { Tools = tools }, Cancellation));
        Assert.Equal("Hm.", (await script.Client.GetResponseAsync("Well?", cancellationToken: Cancellation)).Text);
    }

    private sealed record Answer(string Sky, int Degrees);
}
