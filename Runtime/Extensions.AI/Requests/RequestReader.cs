using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Llamalith.Generation;
using Llamalith.Sampling;
using Microsoft.Extensions.AI;

namespace Llamalith.Extensions.AI.Requests;

/// <summary>Reads what a caller asks for. What cannot be honoured is an exception that names it.</summary>
internal sealed class RequestReader(IChatClient client, string modelId, LlamaChatClientOptions defaults, int vocabSize)
{
    private const string AnyObject = """{"type":"object"}""";

    /// <summary>Reads a request.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="NotSupportedException">Something cannot be honoured.</exception>
    public ChatRequest Read(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ChatMessage[] given = [.. messages];
        if (Array.IndexOf(given, null) >= 0)
            throw new ArgumentException("A message must not be null.", nameof(messages));
        options ??= new ChatOptions();
        if (options.ModelId is { } asked && asked != modelId)
            throw new NotSupportedException($"ModelId = {asked}, but this client's model is {modelId}.");
        if (options.ContinuationToken is not null)
            throw new NotSupportedException("ContinuationToken is not supported: responses are not kept.");

        GenerationOptions raw = options.RawRepresentationFactory?.Invoke(client) switch
        {
            null => new GenerationOptions { Sampling = defaults.Sampling, MaxTokens = defaults.MaxOutputTokens },
            GenerationOptions generation => generation with
            {
                Sampling = generation.Sampling ?? defaults.Sampling,
                MaxTokens = generation.MaxTokens ?? defaults.MaxOutputTokens,
            },
            { } other => throw new NotSupportedException(
                $"RawRepresentationFactory made a {other.GetType()}, but a {typeof(GenerationOptions)} is what this client takes."),
        };
        if (options.MaxOutputTokens is < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.MaxOutputTokens, "MaxOutputTokens must be above 0.");
        string[] stops = [.. raw.StopStrings, .. options.StopSequences ?? []];
        if (Array.Exists(stops, string.IsNullOrEmpty))
            throw new ArgumentException("A stop sequence must not be empty.", nameof(options));

        Tool[] tools = ToolsOf(options);
        Dictionary<string, JsonElement> variables = new(StringComparer.Ordinal);
        foreach ((string name, JsonElement value) in defaults.TemplateVariables ?? new Dictionary<string, JsonElement>())
            variables[name] = value;
        AddReasoning(options.Reasoning, variables);
        foreach ((string name, JsonElement value) in AdditionalOptions.Variables(options.AdditionalProperties))
            variables[name] = value;
        return new ChatRequest
        {
            Messages = given,
            Instructions = string.IsNullOrEmpty(options.Instructions) ? null : options.Instructions,
            ConversationId = options.ConversationId,
            Tools = tools,
            RequiresCall = options.ToolMode is RequiredChatToolMode,
            AllowsSeveralCalls = options.AllowMultipleToolCalls ?? true,
            Schema = SchemaOf(options.ResponseFormat),
            Answer = raw.Constraint,
            Stops = stops,
            Generation = raw with
            {
                Sampling = SamplingOf(options, raw.Sampling!),
                MaxTokens = options.MaxOutputTokens ?? raw.MaxTokens,
                StopStrings = [],
                Constraint = null,
                TopLogProbs = AdditionalOptions.TopLogProbs(options.AdditionalProperties) ?? raw.TopLogProbs,
                EchoPrompt = false,
            },
            Variables = variables,
            ShowsReasoning = options.Reasoning?.Output != ReasoningOutput.None,
        };
    }

    private SamplingOptions SamplingOf(ChatOptions options, SamplingOptions basis)
    {
        SamplingOptions sampling = basis with
        {
            Temperature = options.Temperature ?? basis.Temperature,
            TopP = options.TopP ?? basis.TopP,
            TopK = options.TopK ?? basis.TopK,
            FrequencyPenalty = options.FrequencyPenalty ?? basis.FrequencyPenalty,
            PresencePenalty = options.PresencePenalty ?? basis.PresencePenalty,
            Seed = options.Seed is { } seed ? unchecked((ulong)seed) : basis.Seed,
        };
        return AdditionalOptions.Apply(options.AdditionalProperties, sampling, vocabSize);
    }

    private static Tool[] ToolsOf(ChatOptions options)
    {
        string? required = (options.ToolMode as RequiredChatToolMode)?.RequiredFunctionName;
        if (options.ToolMode is NoneChatToolMode)
            return [];
        List<Tool> tools = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (AITool tool in options.Tools ?? [])
        {
            if (tool is not AIFunctionDeclaration function)
            {
                throw new NotSupportedException(
                    $"The tool {tool?.Name} is a {tool?.GetType().Name ?? "null"}: a model that runs here can call functions only.");
            }
            if (string.IsNullOrEmpty(function.Name) || !names.Add(function.Name))
                throw new ArgumentException($"There is more than one tool called {function.Name}, or one without a name.", nameof(options));
            tools.Add(new Tool(function.Name, function.Description, function.JsonSchema));
        }
        if (options.ToolMode is RequiredChatToolMode && tools.Count == 0)
            throw new ArgumentException("ToolMode requires a call, but there are no tools.", nameof(options));
        if (required is not null && !names.Contains(required))
            throw new ArgumentException($"ToolMode requires a call of {required}, but no tool is called so.", nameof(options));
        return [.. required is null ? tools : tools.Where(tool => tool.Name == required)];
    }

    private static string? SchemaOf(ChatResponseFormat? format) => format switch
    {
        null or ChatResponseFormatText => null,
        ChatResponseFormatJson { Schema: { } schema } => schema.GetRawText(),
        ChatResponseFormatJson => AnyObject,
        _ => throw new NotSupportedException(
            $"ResponseFormat = {format.GetType().Name}, but text, JSON and JSON schemas are what this client honours."),
    };

    /// <summary>The variables that templates of reasoning models know.</summary>
    private static void AddReasoning(ReasoningOptions? reasoning, Dictionary<string, JsonElement> variables)
    {
        if (reasoning?.Effort is not { } effort)
            return;
        variables["enable_thinking"] = Json(effort != ReasoningEffort.None ? "true"u8 : "false"u8);
        variables["reasoning_effort"] = Json(effort switch
        {
            ReasoningEffort.None => "\"none\""u8,
            ReasoningEffort.Low => "\"low\""u8,
            ReasoningEffort.Medium => "\"medium\""u8,
            _ => "\"high\""u8,
        });
    }

    private static JsonElement Json(ReadOnlySpan<byte> utf8)
    {
        Utf8JsonReader reader = new(utf8);
        return JsonElement.ParseValue(ref reader);
    }
}
