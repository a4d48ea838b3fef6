using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Chat;
using Llamalith.Constraints;
using Llamalith.Contracts;
using Llamalith.Extensions.AI;
using Llamalith.Generation;
using Microsoft.Extensions.AI;

namespace Llamalith.Tests;

public sealed class OptionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ResponseFormat_HoldsTheAnswerToItsSchema()
    {
        using Script script = new(Script.ChatMl, """Surely: {"name":"Ann","age":42}""");
        ChatResponse<Person> response = await script.Client.GetResponseAsync<Person>("Who?", cancellationToken: Cancellation);
        Assert.Equal(new Person("Ann", 42), response.Result);

        using Script json = new(Script.ChatMl, """Sure! {"a":[1,true]}""");
        ChatOptions options = new() { ResponseFormat = ChatResponseFormat.Json, MaxOutputTokens = 99 };
        ChatResponse any = await json.Client.GetResponseAsync("Json?", options, Cancellation);
        Assert.Equal("""{"a":[1,true]}""", any.Text);
    }

    [Fact]
    public async Task ResponseFormat_ThatCannotBeHonouredIsRefusedBeforeTheFirstToken()
    {
        using Script script = new(Script.ChatMl, "[]");
        JsonElement schema = JsonElement.Parse("""{"type": "array", "uniqueItems": true}""");
        ChatOptions options = new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) };
        ConstraintException error = await Assert.ThrowsAsync<ConstraintException>(
            () => script.Client.GetResponseAsync("?", options, Cancellation));
        Assert.Contains("uniqueItems", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, script.Model.Computed);
        options.ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"$ref": "#"}"""));
        await Assert.ThrowsAsync<ConstraintException>(() => script.Client.GetResponseAsync("?", options, Cancellation));
        Assert.Equal("[]", (await script.Client.GetResponseAsync("?", cancellationToken: Cancellation)).Text);
    }

    public static TheoryData<string, ChatOptions> Wrong => new()
    {
        { "stop sequence", new ChatOptions { StopSequences = ["a", ""] } },
        { "Temperature", new ChatOptions { Temperature = -1 } },
        { "Temperature", new ChatOptions { Temperature = float.NaN } },
        { "TopP", new ChatOptions { TopP = 1.5f } },
        { "TopK", new ChatOptions { TopK = -1 } },
        { "FrequencyPenalty", new ChatOptions { FrequencyPenalty = float.PositiveInfinity } },
        { "MaxOutputTokens", new ChatOptions { MaxOutputTokens = 0 } },
        { "MinP", new ChatOptions { AdditionalProperties = new() { ["min_p"] = 2.0 } } },
        { "min_p", new ChatOptions { AdditionalProperties = new() { ["min_p"] = "much" } } },
        { "logit_bias", new ChatOptions { AdditionalProperties = new() { ["logit_bias"] = JsonElement.Parse("""{"9999999": 1}""") } } },
        { "mirostat", new ChatOptions { AdditionalProperties = new() { ["mirostat"] = 1 } } },
        { "ModelId", new ChatOptions { ModelId = "another" } },
        { "chat_template_kwargs", new ChatOptions { AdditionalProperties = new() { ["chat_template_kwargs"] = 1 } } },
        { "RawRepresentationFactory", new ChatOptions { RawRepresentationFactory = static _ => "?" } },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task Option_ThatIsWrongIsRefusedByName(string named, ChatOptions options)
    {
        using Script script = new(Script.ChatMl, "Fine.");
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => script.Client.GetResponseAsync("?", options, Cancellation));
        Assert.True(error is ArgumentException or NotSupportedException, error.ToString());
        Assert.Contains(named, error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("Fine.", (await script.Client.GetResponseAsync("?", cancellationToken: Cancellation)).Text);
    }

    [Fact]
    public async Task AdditionalProperties_ReachTheSampler()
    {
        using Script script = new(Script.ChatMl, "aaab");
        ChatOptions options = new()
        {
            MaxOutputTokens = 5,
            AdditionalProperties = new()
            {
                ["min_p"] = 0.05, ["foreign_option"] = 1, ["logit_bias"] = JsonElement.Parse("""{"97": -100}"""),
            },
        };
        Assert.DoesNotContain("a", (await script.Client.GetResponseAsync("?", options, Cancellation)).Text, StringComparison.Ordinal);

        options = new ChatOptions { RawRepresentationFactory = static _ => new GenerationOptions { MaxTokens = 2 } };
        Assert.Equal("aa", (await script.Client.GetResponseAsync("!", options, Cancellation)).Text);
    }

    [Fact]
    public async Task LogProbs_AreThoseOfTheModel()
    {
        using Script script = new(Script.ChatMl, "ab");
        ChatOptions options = new() { AdditionalProperties = new() { ["logprobs"] = true, ["top_logprobs"] = 2, ["min_p"] = 0.5 } };
        List<ChatResponseUpdate> updates =
            await script.Client.GetStreamingResponseAsync("?", options, Cancellation).ToListAsync(Cancellation);
        List<TokenLogProbability> told = Assert.IsType<List<TokenLogProbability>>(updates[^1].AdditionalProperties!["logprobs"]);
        Assert.Equal(["a", "b"], told.Select(static one => one.Token));

        // One logit is 20, all others are 1.
        double expected = -Math.Log(1 + ((script.Tokenizer.VocabSize - 1) * Math.Exp(-19)));
        Assert.All(told, one => Assert.Equal(expected, one.LogProb, 1e-6));
        Assert.Equal([told[0].Token, "<0x00>"], told[0].Top.Select(static one => one.Token == "\0" ? "<0x00>" : one.Token));
        Assert.Equal(expected - 19, told[0].Top[1].LogProb, 1e-4);

        options.AdditionalProperties["top_logprobs"] = 21;
        await Assert.ThrowsAsync<ArgumentException>(() => script.Client.GetResponseAsync("?", options, Cancellation));
        options.AdditionalProperties["top_logprobs"] = 0;
        options.AdditionalProperties["logprobs"] = false;
        Assert.Null((await script.Client.GetResponseAsync("?", options, Cancellation)).AdditionalProperties);
    }

    [Fact]
    public async Task Seed_GivesTheSameAnswer()
    {
        using Script script = new(Script.ChatMl, "abc");
        ChatOptions options = new() { Temperature = 20, Seed = 7, MaxOutputTokens = 40 };
        string first = (await script.Client.GetResponseAsync("?", options, Cancellation)).Text;
        Assert.Equal(first, (await script.Client.GetResponseAsync("?", options, Cancellation)).Text);
        options.Seed = 8;
        Assert.NotEqual(first, (await script.Client.GetResponseAsync("?", options, Cancellation)).Text);
    }

    [Fact]
    public async Task TemplateVariables_ComeFromOptions()
    {
        const string Template = "{{ enable_thinking }}/{{ reasoning_effort }}/{{ style }}<|im_start|>assistant\n";
        using Script script = new(Template, "ok");
        await script.Client.GetResponseAsync(
            "?",
            new ChatOptions
            {
                Reasoning = new() { Effort = ReasoningEffort.None },
                AdditionalProperties = new() { ["chat_template_kwargs"] = JsonElement.Parse("""{"style": "terse"}""") },
            },
            Cancellation);
        Assert.StartsWith("False/none/terse", script.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Input_WithoutEndIsAClearError()
    {
        using Script script = new(Script.ChatMl, "Fine.");
        string megabyte = new('x', 1 << 20);
        await Assert.ThrowsAsync<ContextFullException>(() => script.Client.GetResponseAsync(megabyte, cancellationToken: Cancellation));
        ChatMessage picture = new(ChatRole.User, [new DataContent(new byte[4], "image/png")]);
        NotSupportedException image = await Assert.ThrowsAsync<NotSupportedException>(
            () => script.Client.GetResponseAsync([picture], cancellationToken: Cancellation));
        Assert.Contains("DataContent", image.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => script.Client.GetResponseAsync([], cancellationToken: Cancellation));

        object nested = 1;
        for (int i = 0; i < 100_000; i++)
            nested = new object?[] { nested };
        ChatMessage call = new(ChatRole.Assistant, [new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["x"] = nested })]);
        await Assert.ThrowsAnyAsync<Exception>(() => script.Client.GetResponseAsync([call], cancellationToken: Cancellation));
        Assert.Equal("Fine.", (await script.Client.GetResponseAsync("?", cancellationToken: Cancellation)).Text);

        using Script endless = new("{% for i in range(9999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "");
        ChatTemplateException error = await Assert.ThrowsAsync<ChatTemplateException>(
            () => endless.Client.GetResponseAsync("?", cancellationToken: Cancellation));
        Assert.Equal(ChatTemplateErrorKind.Limit, error.Kind);
    }

    [Fact]
    public void Template_ThatIsMissingIsRefused()
    {
        ByteTokenizer tokenizer = new(Script.End);
        Generation.ScriptedModel model = new(tokenizer.VocabSize, 64, static _ => 256);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => new LlamaChatClient(model, tokenizer));
        Assert.Contains("ChatTemplate", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new LlamaChatClientOptions { MaxOutputTokens = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new LlamaChatClientOptions { MaxConversations = -1 });
    }

    private sealed record Person(string Name, int Age);
}
