using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Chat;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Extensions.AI;
using Microsoft.Extensions.AI;

namespace Llamalith.Tests.Commands;

/// <summary>
/// A real small model keeps to schemas and calls tools when it must, as often as LLAMALITH_TRIES says; without it these tests skip
/// themselves, for they take minutes.
/// </summary>
public sealed class RealModelTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tool_ThatMustBeCalledIsCalledWithValidArguments() => await TryAsync(static async (client, name, schema, options) =>
    {
        options.Tools = [AIFunctionFactory.CreateDeclaration("call_it", "Does what is asked for.", schema)];
        options.ToolMode = ChatToolMode.RequireAny;
        options.AllowMultipleToolCalls = false;
        ChatResponse response = await client.GetResponseAsync($"Please call {name} for me with sensible values.", options, Cancellation);
        FunctionCallContent? call =
            response.Messages.SelectMany(static message => message.Contents).OfType<FunctionCallContent>().SingleOrDefault();
        return call is null ? default : JsonSerializer.SerializeToElement(call.Arguments, AIJsonUtilities.DefaultOptions);
    });

    [Fact]
    public async Task Answer_KeepsToItsSchema() => await TryAsync(static async (client, name, schema, options) =>
    {
        options.ResponseFormat = ChatResponseFormat.ForJsonSchema(schema);
        ChatResponse response = await client.GetResponseAsync($"Write the arguments of {name} as JSON.", options, Cancellation);
        return response.FinishReason == ChatFinishReason.Stop ? JsonElement.Parse(response.Text) : default;
    });

    private static async Task TryAsync(Func<IChatClient, string, JsonElement, ChatOptions, Task<JsonElement>> ask)
    {
        bool isSaid = int.TryParse(Environment.GetEnvironmentVariable("LLAMALITH_TRIES"), CultureInfo.InvariantCulture, out int tries);
        Assert.SkipUnless(isSaid, "LLAMALITH_TRIES does not say how often to try.");
        string path = SharedData.PathOrSkip("smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
        string suite = SharedData.PathOrSkip("json-schema/bench.jsonl");
        using RunningModel running = RunningModel.Open(
            new ModelRequest { Path = path, Context = 2048, Threads = 1 }, CommandLine.Engines, ProgressBars.On(TextWriter.Null),
            Cancellation);
        using LlamaChatClient client = new(running.Model, running.Tokenizer, ChatTemplateSet.Open(path));
        List<string> wrong = [];
        string[] lines = [.. File.ReadLines(suite).Where(static line => line.Contains("\"name\":\"BFCL", StringComparison.Ordinal))];
        for (int tried = 0; tried < tries; tried++)
        {
            JsonElement entry = JsonElement.Parse(lines[tried % lines.Length]), schema = entry.GetProperty("schema");
            string name = entry.GetProperty("name").GetString()!;
            ChatOptions options = new()
            {
                Temperature = 0.5f, Seed = tried, MaxOutputTokens = 800, AdditionalProperties = new() { ["repeat_penalty"] = 1.15 },
            };
            JsonElement value = await ask(client, name, schema, options);
            if ((value.ValueKind == JsonValueKind.Undefined ? "no value" : Complaint(schema, value, "$")) is { } complaint)
                wrong.Add($"{name}: {complaint}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {tries} are wrong: {string.Join("; ", wrong)}");
    }

    /// <summary>What is wrong with a value, by the keywords that these schemas have, read plainly; null for nothing.</summary>
    private static string? Complaint(JsonElement schema, JsonElement value, string at)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            return schema.ValueKind == JsonValueKind.False ? $"{at} is not allowed" : null;
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            string? complaint = keyword.Name switch
            {
                "type" when !HasType(keyword.Value, value) => $"{at} is a {value.ValueKind}, not {keyword.Value}",
                "enum" when !keyword.Value.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)) =>
                    $"{at} is none of {keyword.Value}",
                "required" when value.ValueKind == JsonValueKind.Object => keyword.Value.EnumerateArray()
                    .Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{at} has no {name}").FirstOrDefault(),
                "items" when value.ValueKind == JsonValueKind.Array => value.EnumerateArray()
                    .Select(one => Complaint(keyword.Value, one, at + "[]")).FirstOrDefault(static one => one is not null),
                "properties" when value.ValueKind == JsonValueKind.Object => value.EnumerateObject()
                    .Where(one => keyword.Value.TryGetProperty(one.Name, out _))
                    .Select(one => Complaint(keyword.Value.GetProperty(one.Name), one.Value, $"{at}.{one.Name}"))
                    .FirstOrDefault(static one => one is not null),
                "additionalProperties" when keyword.Value.ValueKind == JsonValueKind.False && value.ValueKind == JsonValueKind.Object =>
                    value.EnumerateObject()
                        .Where(one => !schema.TryGetProperty("properties", out JsonElement known) || !known.TryGetProperty(one.Name, out _))
                        .Select(one => $"{at} has {one.Name}").FirstOrDefault(),
                _ => null,
            };
            if (complaint is not null)
                return complaint;
        }
        return null;
    }

    private static bool HasType(JsonElement type, JsonElement value) => type.ValueKind == JsonValueKind.Array
        ? type.EnumerateArray().Any(one => HasType(one, value))
        : type.GetString() switch
        {
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "null" => value.ValueKind == JsonValueKind.Null,
            "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() == Math.Truncate(value.GetDouble()),
            _ => value.ValueKind == JsonValueKind.Number,
        };
}
