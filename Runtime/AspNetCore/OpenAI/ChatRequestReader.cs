using System.Threading.Tasks;
using Llamalith.AspNetCore.Answers;
using Llamalith.AspNetCore.Requests;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.OpenAI;

/// <summary>Reads what chats and completions have in common.</summary>
internal static class ChatRequestReader
{
    /// <summary>Reads a chat.</summary>
    /// <exception cref="ApiException">A field makes no sense or cannot be honoured.</exception>
    public static async Task<AnswerRequest> ReadAsync(ApiCall call, Fields request)
    {
        ServedModel model = await call.Server.ModelAsync(request.Text("model"), call.Cancellation).ConfigureAwait(false);
        ChatOptions options = new();
        Refuse(request, "functions", "tools are what calls go by");
        Refuse(request, "function_call", "tool_choice says what must be called");
        Refuse(request, "audio", "this model writes text alone");
        foreach ((System.Text.Json.JsonElement modality, string path) in request.List("modalities"))
        {
            if (modality.ValueKind != System.Text.Json.JsonValueKind.String || modality.GetString() != "text")
                throw Fields.Wrong(path, modality, "\"text\": this model writes text alone");
        }
        int choices = ReadCommon(call, request, options);
        ChatTools.Read(request, options);
        if (request.Word("reasoning_effort", "none", "minimal", "low", "medium", "high", "xhigh") is { } effort)
            options.Reasoning = new ReasoningOptions { Effort = EffortOf(effort) };
        if (request.Object("chat_template_kwargs") is { } variables)
            options.AdditionalProperties!["chat_template_kwargs"] = variables.Json.Clone();
        return new AnswerRequest(model, ChatMessages.Read(request), options) { Choices = choices };
    }

    /// <summary>Reads how tokens are chosen, and how many.</summary>
    /// <returns>How many answers are asked for.</returns>
    public static int ReadCommon(ApiCall call, Fields request, ChatOptions options)
    {
        SamplingFields.Read(request, options);
        options.MaxOutputTokens =
            (int?)(request.Whole("max_completion_tokens", 1, int.MaxValue) ?? request.Whole("max_tokens", 1, int.MaxValue));
        if (request.Value("logprobs") is { ValueKind: not System.Text.Json.JsonValueKind.False })
            throw request.Unsupported("logprobs", "this server does not give them");
        if (request.Whole("top_logprobs", 0, 20) is > 0)
            throw request.Unsupported("top_logprobs", "this server does not give them");
        return (int)(request.Whole("n", 1, call.Server.Options.MaxChoices) ?? 1);
    }

    /// <summary>How hard the model is to think.</summary>
    public static ReasoningEffort EffortOf(string word) => word switch
    {
        "none" => ReasoningEffort.None,
        "minimal" or "low" => ReasoningEffort.Low,
        "medium" => ReasoningEffort.Medium,
        "high" => ReasoningEffort.High,
        _ => ReasoningEffort.ExtraHigh,
    };

    private static void Refuse(Fields request, string field, string instead)
    {
        if (request.Value(field) is not null)
            throw request.Unsupported(field, instead);
    }
}
